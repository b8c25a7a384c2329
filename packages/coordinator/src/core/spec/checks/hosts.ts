import type { ClusterSpec } from '@drover/protocol'
import type { Path, Wrong } from '../fault.ts'

const repeats = (names: readonly string[], path: Path): readonly Wrong[] =>
  names.flatMap((name, index) => (names.indexOf(name) < index ? [{ path: [...path, index], value: name, reason: 'the host is named twice' }] : []))

const isEmpty = (selector: { readonly names?: unknown; readonly select?: unknown }): boolean => selector.names === undefined && selector.select === undefined

/** Hosts named twice or in both roles, names that contradict the count, agents that nothing selects. */
export const checkHosts = ({ servers, agents }: ClusterSpec): readonly Wrong[] => {
  const wrong: Wrong[] = []
  const names = servers.names ?? []
  wrong.push(...repeats(names, ['servers', 'names']), ...repeats(agents?.names ?? [], ['agents', 'names']))
  for (const [index, name] of (agents?.names ?? []).entries()) {
    if (names.includes(name)) wrong.push({ path: ['agents', 'names', index], value: name, reason: 'the host is named as server too; a server runs workloads as well' })
  }
  if (servers.names !== undefined && servers.select !== undefined) {
    wrong.push({ path: ['servers', 'select'], reason: 'servers are given by names or by select, not both' })
  }
  if (servers.names !== undefined && servers.count > 1 && servers.count !== names.length) {
    wrong.push({ path: ['servers', 'count'], value: servers.count, reason: `${names.length} servers are named: leave the count out` })
  }
  if (agents !== undefined && isEmpty(agents)) wrong.push({ path: ['agents'], reason: 'names or select must say which hosts are agents' })
  return wrong
}
