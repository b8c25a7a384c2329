import { type PlanInput, quorumOf, say, type Wait } from '@drover/protocol'
import { startedServers } from './etcd-members.ts'
import type { Member } from './members.ts'
import { LIMITS } from './wait.ts'

/** The members whose vote is missing, and the sentence that says what for. */
type Missing = { readonly silent: readonly Member[]; readonly code: 'wait.quorum' | 'wait.quorum.leave' }

/** A restart takes a vote for a moment, a member that leaves takes it for good: each other member has to vote meanwhile. */
export const waitQuorum = (input: PlanInput, server: Member, { silent, code }: Missing): Wait => {
  const voters = startedServers(input).length
  const args = { others: silent.map(({ host }) => host.name).join(', '), left: voters - silent.length - 1, voters, quorum: quorumOf(voters) }
  return {
    key: `quorum@${server.id}`,
    reason: say(code, args),
    on: [server.id],
    endsWhen: say('wait.quorum.ends'),
    limit: LIMITS.quorum,
    atLimit: 'ask',
    assume: { hosts: Object.fromEntries(silent.map(({ id }) => [id, { etcd: 'voter' as const }])) },
  }
}
