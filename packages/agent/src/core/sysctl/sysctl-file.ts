import { DROVER, sysctlEntries, type SysctlValues } from '@drover/protocol'

/** The text of Drover's file in /etc/sysctl.d. */
export const renderSysctlFile = (values: SysctlValues): string =>
  `# Written by Drover: k3s runs with protect-kernel-defaults, and the kubelet ends where the kernel has other values.
# What was there before is noted in ${DROVER.sysctlBefore} and comes back when k3s is uninstalled.
${sysctlEntries(values).map(([name, value]) => `${name} = ${String(value)}\n`).join('')}`

/** A name may be written with slashes instead of dots; the first of the two that stands in it says which (sysctl.d(5)). */
const plainName = (name: string): string => {
  const first = /[./]/.exec(name)?.[0]
  return first === '/' ? name.replace(/[./]/g, (one) => (one === '/' ? '.' : '/')) : name
}

/** What a sysctl.d file sets, the last value of each name; a minus before a name only says that a failure is ignored (sysctl.d(5)). */
export const parseSysctlFile = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    const cut = line.indexOf('=')
    if (cut < 1 || /^[#;]/.test(line)) continue
    found.set(plainName(line.slice(0, cut).trim().replace(/^-/, '')), line.slice(cut + 1).trim())
  }
  return found
}
