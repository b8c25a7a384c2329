import { type Finding, type HostId, quorumOf, say, type Settled } from '@drover/protocol'
import { finding } from '../finding.ts'
import { isFresh } from '../facts.ts'
import { hasRun } from '../has-run.ts'
import type { SettleInput } from '../settle-input.ts'

const nameOf = ({ view }: SettleInput, id: HostId): string => view.hosts[id]?.name ?? id

/** The servers that were members before and stay, and those of them that vote. */
const standing = ({ view, previous, now }: SettleInput, { roles, leaving = [] }: Settled) => {
  const stay = (Object.keys(roles) as HostId[]).filter((id) => roles[id] === 'server' && !leaving.includes(id) && previous?.roles[id] === 'server' && view.hosts[id]?.facts.k3s?.value?.wasActive !== false)
  const voting = stay.filter((id) => {
    const etcd = view.hosts[id]?.facts.etcd
    return view.hosts[id]?.online.value === true && etcd?.value === 'voter' && isFresh(etcd, now)
  })
  return { stay, voting }
}

/** A cluster whose servers leave keeps its data and its quorum, or they cannot leave. */
const findServers = (input: SettleInput, settled: Settled): readonly Finding[] => {
  const { previous, spec } = input
  const servers = (settled.leaving ?? []).filter((id) => settled.roles[id] === 'server')
  if (previous === null || servers.length === 0 || !hasRun(input, previous)) return []
  const { stay, voting } = standing(input, settled)
  const cannot = (code: 'finding.last-server' | 'finding.last-data' | 'finding.first-server'): Finding => finding('fatal', say(code, { host: servers.map((id) => nameOf(input, id)).join(', '), cluster: spec.cluster }), servers)
  if (previous.etcd === undefined) return servers.includes(previous.seed) ? [cannot('finding.last-data')] : []
  if (stay.length === 0) return [cannot('finding.last-server')]
  if (servers.includes(previous.seed)) return [cannot('finding.first-server')]
  const quorum = quorumOf(stay.length)
  const args = { hosts: servers.map((id) => nameOf(input, id)).join(', '), left: voting.length, voters: stay.length, quorum }
  return voting.length >= quorum ? [] : [finding('fatal', say('finding.leaves-quorum', args), servers)]
}

const isCordoned = ({ view }: SettleInput, id: HostId): boolean => view.hosts[id]?.facts.node?.value === 'cordoned'

/** Who leaves, and what speaks against it. */
export const findLeaving = (input: SettleInput, settled: Settled): readonly Finding[] => {
  const leaving = settled.leaving ?? []
  const begun = new Set(input.previous?.leaving ?? [])
  return [
    ...leaving.map((id) => finding(input.view.hosts[id] === undefined ? 'fatal' : 'asks', say('finding.leaves', { host: nameOf(input, id), cluster: input.spec.cluster }), [id])),
    ...leaving.filter((id) => isCordoned(input, id) && !begun.has(id)).map((id) => finding('note', say('finding.cordoned', { host: nameOf(input, id) }), [id])),
    ...findServers(input, settled),
  ]
}
