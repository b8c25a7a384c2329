import { DROVER, SYSCTL_NAMES, type Sysctls, SysctlsSchema, type SysctlValues, SysctlValuesSchema } from '@drover/protocol'
import { sysctlPath } from '../core/inventory/kernel-defaults.ts'
import { laterFiles, laterValues, SYSCTL_FOLDERS } from '../core/sysctl/later-values.ts'
import { parseSysctlFile } from '../core/sysctl/sysctl-file.ts'
import type { HostReader } from './host.ts'
import { readText } from './k3s-marks.ts'
import { absolutePath } from './path.ts'

/** What cannot be read (a link to /dev/null, which hides files of its name; a folder) sets nothing. */
const textOf = (host: HostReader, path: string): Promise<string> =>
  readText(host, absolutePath(path)).then(
    (text) => text ?? '',
    () => '',
  )

const valuesOf = (texts: readonly (readonly [name: string, text: string | undefined])[]): SysctlValues =>
  Object.fromEntries(texts.flatMap(([name, text]) => (/^\s*-?\d+\s*$/.test(text ?? '') ? [[name, Number(text)] as const] : [])))

/** The values that the kernel has now; one that it does not show is left out. */
export const readSysctlsNow = async (host: HostReader): Promise<SysctlValues> =>
  valuesOf(await Promise.all(SYSCTL_NAMES.map(async (name) => [name, await textOf(host, sysctlPath(name))] as const)))

const readBefore = async (host: HostReader): Promise<SysctlValues> => {
  try {
    return SysctlValuesSchema.parse(JSON.parse(await textOf(host, DROVER.sysctlBefore)))
  } catch {
    return {}
  }
}

const readLater = async (host: HostReader): Promise<Sysctls['later']> => {
  const names = await Promise.all(SYSCTL_FOLDERS.map(async (folder) => (await host.list(absolutePath(folder)).catch(() => null)) ?? []))
  return laterValues(await Promise.all(laterFiles(names).map(async (file) => ({ file, text: await textOf(host, file) }))))
}

/** How this host's kernel values stand: a dozen small reads, made to be called every few seconds. */
export const readSysctls = async (host: HostReader): Promise<Sysctls> => {
  const [now, file, before, later] = await Promise.all([readSysctlsNow(host), textOf(host, DROVER.sysctlFile), readBefore(host), readLater(host)])
  const set = parseSysctlFile(file)
  const whole = SysctlsSchema.safeParse({ now, kept: valuesOf(SYSCTL_NAMES.map((name) => [name, set.get(name)] as const)), before, later })
  return whole.success ? whole.data : { now: {}, kept: {}, before: {}, later: {} }
}
