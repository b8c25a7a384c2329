import type { HostStateSection } from '@drover/protocol'

/** Modules that k3s needs, each with a path that exists when it is in the kernel, loaded or built in. */
export const K3S_MODULES: Readonly<Record<string, string>> = {
  overlay: '/sys/module/overlay',
  br_netfilter: '/proc/sys/net/bridge/bridge-nf-call-iptables',
  nf_conntrack: '/proc/sys/net/netfilter/nf_conntrack_max',
  vxlan: '/sys/module/vxlan',
  ip_tables: '/proc/net/ip_tables_names',
  iptable_nat: '/sys/module/iptable_nat',
  dummy: '/sys/module/dummy',
}

/** Texts of /proc/modules, modules.builtin and modules.dep (null: unreadable), and the signs that exist. */
export type ModuleSources = {
  readonly loaded: string | null
  readonly builtin: string | null
  readonly available: string | null
  readonly signs: ReadonlySet<string>
}

/** Where each module is found; a module is called missing only if the list of what is available could be read. */
export const kernelModules = (sources: ModuleSources): HostStateSection['modules'] => {
  const loaded = new Set((sources.loaded ?? '').split('\n').map((line) => line.split(' ')[0] ?? ''))
  const found: HostStateSection['modules'] = {}
  for (const [name, sign] of Object.entries(K3S_MODULES)) {
    const state = stateOf({ name, sign, loaded, sources })
    if (state !== null) found[name] = state
  }
  return found
}

type Asked = { readonly name: string; readonly sign: string; readonly loaded: ReadonlySet<string>; readonly sources: ModuleSources }

const stateOf = ({ name, sign, loaded, sources }: Asked): HostStateSection['modules'][string] | null => {
  if (loaded.has(name)) return 'loaded'
  if (listed(sources.builtin, name) || sources.signs.has(sign)) return 'builtin'
  if (listed(sources.available, name)) return 'available'
  return sources.available === null ? null : 'missing'
}

/** Lines of both files begin with a path such as kernel/net/bridge/br_netfilter.ko.xz; dashes and underscores are one. */
const listed = (text: string | null, name: string): boolean => {
  if (text === null) return false
  const pattern = name.replaceAll('_', '[_-]')
  return new RegExp(`(?:^|/)${pattern}\\.ko(?:\\.(?:xz|gz|zst))?(?::|$)`, 'm').test(text)
}
