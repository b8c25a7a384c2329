import { type ClusterSpec, serversOf } from '@drover/protocol'
import type { Path, Wrong } from '../fault.ts'

const repeats = (names: readonly string[], path: Path): readonly Wrong[] =>
  names.flatMap((name, index) => (names.indexOf(name) < index ? [{ path: [...path, index], value: name, reason: 'the host is named twice' }] : []))

const isEmpty = ({ names, select }: { readonly names?: unknown; readonly select?: unknown }): boolean => names === undefined && select === undefined

const checkServers = ({ servers: { names, select, count } }: ClusterSpec): readonly Wrong[] => {
  if (names === undefined) return []
  const wrong = [...repeats(names, ['servers', 'names'])]
  if (select !== undefined) wrong.push({ path: ['servers', 'select'], reason: 'servers are given by names or by select, not both' })
  if (count > 1 && count !== names.length) {
    wrong.push({ path: ['servers', 'count'], value: count, reason: `${names.length} servers are named: leave the count out` })
  }
  return wrong
}

const TWO_ROLES = 'the host is named as server too; a server runs workloads as well'

const checkAgents = ({ servers, agents }: ClusterSpec): readonly Wrong[] => {
  if (agents === undefined) return []
  if (isEmpty(agents)) return [{ path: ['agents'], reason: 'names or select must say which hosts are agents' }]
  const names = agents.names ?? []
  const both = names.flatMap((name, index) =>
    servers.names?.includes(name) === true ? [{ path: ['agents', 'names', index], value: name, reason: TWO_ROLES }] : [],
  )
  return [...repeats(names, ['agents', 'names']), ...both]
}

const checkDatastore = (spec: ClusterSpec): readonly Wrong[] => {
  const { datastore } = spec
  if (datastore !== 'sqlite' || serversOf(spec) === 1) return []
  return [{ path: ['datastore'], value: datastore, reason: `SQLite is a file of one server, and there are ${String(serversOf(spec))}: leave datastore out, or set it to etcd` }]
}

/** Hosts named twice or in both roles, names that contradict the count, agents that nothing selects, more servers than the datastore bears. */
export const checkHosts = (spec: ClusterSpec): readonly Wrong[] => [...checkServers(spec), ...checkDatastore(spec), ...checkAgents(spec)]
