import { DROVER, SYSCTL_NAMES, type Sysctls } from '@drover/protocol'
import { parseSysctlFile } from './sysctl-file.ts'

/** Folders of sysctl.d: a file of one hides those of its name in the folders after it (sysctl.d(5)). */
export const SYSCTL_FOLDERS = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'] as const

/** Not in the order of the folders: systemd leaves it out, `sysctl --system` and `sysctl -p` read it last. */
const LAST = '/etc/sysctl.conf'
const OURS = DROVER.sysctlFile.slice(DROVER.sysctlFile.lastIndexOf('/') + 1)

/** Paths of the files that are read after Drover's, in that order; `names`: what is in each of {@link SYSCTL_FOLDERS}. */
export const laterFiles = (names: readonly (readonly string[])[]): readonly string[] => {
  const found = new Map<string, string>()
  for (const [index, folder] of SYSCTL_FOLDERS.entries()) {
    for (const name of names[index] ?? []) if (name.endsWith('.conf') && name > OURS && !found.has(name)) found.set(name, `${folder}/${name}`)
  }
  return [...[...found.keys()].toSorted().map((name) => found.get(name) ?? ''), LAST]
}

/** Of the values that Drover may set, which files set after it, and to what; the last file counts. */
export const laterValues = (files: readonly { readonly file: string; readonly text: string }[]): Sysctls['later'] => {
  const found = files.flatMap(({ file, text }) => {
    const values = parseSysctlFile(text)
    return SYSCTL_NAMES.flatMap((name) => {
      const value = values.get(name)
      return value === undefined ? [] : [[name, { file, value: value.slice(0, 64) }] as const]
    })
  })
  return Object.fromEntries(found)
}
