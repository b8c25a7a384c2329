import { datastoreOf, type Finding, type HostId, quorumOf, say, serversOf, type Settled, toleratedBy } from '@drover/protocol'
import { dataOf } from '../data-of.ts'
import { finding } from '../finding.ts'
import { hasRun } from '../has-run.ts'
import { isKept } from '../roles/candidate.ts'
import { type Pair, pairsOf, rttUsOf } from '../server-links.ts'
import { measuredTiming } from '../settle-etcd.ts'
import type { SettleInput } from '../settle-input.ts'

/** Round trips between servers in ms: etcd writes nothing before a majority has answered. */
export const RTT_MS = { note: 10, asks: 50, fatal: 100 } as const

const levelOf = (ms: number): Finding['level'] | null => {
  if (ms > RTT_MS.fatal) return 'fatal'
  if (ms > RTT_MS.asks) return 'asks'
  return ms > RTT_MS.note ? 'note' : null
}

/** Servers that are there already cannot be chosen otherwise: of them it is only said. */
const findFar = (input: SettleInput, pair: Pair): readonly Finding[] => {
  const { view, previous } = input
  const us = rttUsOf(view, pair)
  const level = us === null ? null : levelOf(us / 1000)
  if (us === null || level === null) return []
  const isThere = previous !== null && pair.every((id) => previous.roles[id] === 'server' && isKept(view, previous, id))
  const [a, b] = pair.map((id) => view.hosts[id]?.name ?? id)
  const said = say('finding.rtt', { a: a ?? '', b: b ?? '', rtt: (us / 1000).toFixed(1), most: RTT_MS.fatal })
  return [finding(isThere ? 'note' : level, said, pair)]
}

/** An even number takes one vote more to write than the next lower one, and bears no more failures. */
const findEven = (input: SettleInput, servers: number): readonly Finding[] => {
  const count = Math.max(servers, serversOf(input.spec))
  if (count < 2 || count % 2 === 1) return []
  return [finding('asks', say('finding.even', { count, quorum: quorumOf(count), tolerates: toleratedBy(count), less: count - 1 }))]
}

/** A cluster that has run on SQLite can go to etcd, and never back. */
const findOtherDatastore = (input: SettleInput): readonly Finding[] => {
  const { previous, spec } = input
  if (previous === null || !hasRun(input, previous)) return []
  const data = dataOf(input.view, previous.seed)
  const [was, wanted] = [data ?? (previous.etcd === undefined ? 'sqlite' : 'etcd'), datastoreOf(spec)]
  if (was === wanted) return []
  if (wanted === 'sqlite') return [finding('fatal', say('finding.to-sqlite', { cluster: spec.cluster }))]
  const args = { cluster: spec.cluster, host: input.view.hosts[previous.seed]?.name ?? previous.seed }
  return [data === undefined ? finding('fatal', say('finding.to-etcd-unknown', args), [previous.seed]) : finding('note', say('finding.to-etcd', args), [previous.seed])]
}

/** A timing that was chosen for quicker links or disks than there are now. */
const findTiming = (input: SettleInput, settled: Settled, servers: readonly HostId[]): readonly Finding[] => {
  const { timing } = measuredTiming(input, servers)
  const { etcd } = settled
  if (etcd === undefined || timing.electionMs <= etcd.electionMs || timing === etcd) return []
  return [finding('note', say('finding.etcd-timing', { has: etcd.electionMs, want: timing.electionMs }), servers)]
}

/** Said once, when the first server gets company: a kubeconfig names one address, and that of a server goes with it. */
const findEndpoint = ({ previous, spec, view }: SettleInput, { apiEndpoint, seed }: Settled, servers: readonly HostId[]): readonly Finding[] => {
  const had = Object.values(previous?.roles ?? {}).filter((role) => role === 'server').length
  if (servers.length < 2 || had > 1 || spec.apiEndpoint !== undefined || apiEndpoint === '') return []
  return [finding('note', say('finding.endpoint', { host: view.hosts[seed]?.name ?? seed, endpoint: apiEndpoint }), [seed])]
}

/** What speaks against the servers together: how many, how far apart, on another datastore than before. */
export const findServersFit = (input: SettleInput, settled: Settled): readonly Finding[] => {
  const servers = (Object.keys(settled.roles) as HostId[]).filter((id) => settled.roles[id] === 'server' && settled.leaving?.includes(id) !== true)
  return [
    ...findEven(input, servers.length),
    ...findOtherDatastore(input),
    ...pairsOf(servers).flatMap((pair) => findFar(input, pair)),
    ...findTiming(input, settled, servers),
    ...findEndpoint(input, settled, servers),
  ]
}
