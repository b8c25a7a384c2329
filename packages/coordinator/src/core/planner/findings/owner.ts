import { type Finding, type PlanInput, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'

const otherOwner = (input: PlanInput, { host, facts }: Member): string | null => {
  const owners = [facts.claim?.cluster, host.cluster]
  return owners.find((cluster) => cluster !== undefined && cluster !== null && cluster !== input.spec.cluster) ?? null
}

const overridden = ({ id, host, facts }: Member): readonly Finding[] =>
  Object.entries(facts.config?.overridden ?? {}).map(([key, file]) =>
    finding('note', say('finding.overridden', { host: host.name, file, key }), [id]),
  )

/** Whom the host belongs to: another cluster, a foreign k3s, somebody who has not let it in; and keys that a later drop-in takes over. */
export const findOwner = (input: PlanInput, member: Member): readonly Finding[] => {
  const { id, host } = member
  const owner = otherOwner(input, member)
  const foreign = host.measured?.value.foreignK3s ?? []
  const against = [
    host.state === undefined ? null : say('finding.not-active', { host: host.name, state: host.state }),
    owner === null ? null : say('finding.other-cluster', { host: host.name, cluster: owner }),
    foreign.length === 0 ? null : say('finding.foreign-k3s', { host: host.name, what: foreign.join(', ') }),
  ]
  return [...against.flatMap((said) => (said === null ? [] : [finding('fatal', said, [id])])), ...overridden(member)]
}
