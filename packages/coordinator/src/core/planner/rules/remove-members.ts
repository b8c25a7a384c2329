import { type PlanInput, quorumOf, type Rule, say } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { isOnEtcd, promoterOf, silentBeside, votes } from '../etcd-members.ts'
import { deleteNodeAction, drainAction, type Leave, removeMemberAction, uninstallAction } from '../leave-actions.ts'
import { isLeaving, type Member, membersOf, seedOf, stayersOf } from '../members.ts'
import type { Wish } from '../per-member.ts'
import { hasFirewall, holdsAnything } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { inLeaving, waitApi, waitMember, waitReach } from '../wait.ts'
import { waitQuorum } from '../wait-quorum.ts'
import { unguard } from './remove-firewall.ts'

/** The members whose vote counts, the one that leaves among them. */
const votersOf = (input: PlanInput): number => membersOf(input, 'server').filter(({ id, facts }) => facts.listed === 'voter' || votes(input, id)).length

/** True where etcd cannot lose this vote before its member is taken out: of two members. */
const goesFirst = (input: PlanInput, { id, role, facts }: Member): boolean => {
  if (role === 'agent' || !isOnEtcd(input) || facts.listed === 'none' || !votes(input, id)) return false
  const voting = membersOf(input, 'server').filter((server) => votes(input, server.id)).length
  return voting - 1 < quorumOf(votersOf(input))
}

/** A wish that another host carries out, once that one can be reached. */
const elsewhere = ({ input, by }: Leave, wish: Wish): Wish => {
  const unreached = waitReach(input, by)
  if (unreached !== null) return { wait: unreached }
  return isApiUp(input) ? wish : { wait: waitApi(by) }
}

/** A Node is cordoned before its pods are evicted: until the drain has ended its kubelet has to be there to stop them. */
const isToDrain = ({ open }: PlanInput, { id, facts: { node } }: Member): boolean =>
  node === 'ready' || open.some(({ key, change, endedAt }) => key.startsWith('node.drain@') && change === id && endedAt === null)

/** What is done while k3s is still on the host. */
const takeOff = (leave: Leave): Wish => {
  const { input, leaver } = leave
  const unreached = waitReach(input, leaver)
  if (unreached !== null) return { wait: inLeaving(unreached) }
  const silent = leaver.role === 'server' && isOnEtcd(input) ? silentBeside(input, leaver.id) : []
  if (silent.length > 0) return { wait: waitQuorum(input, leaver, { silent, code: 'wait.quorum.leave' }) }
  if (isToDrain(input, leaver)) return elsewhere(leave, { action: drainAction(leave) })
  if (!goesFirst(input, leaver)) return { action: uninstallAction(leave) }
  return elsewhere(leave, { action: removeMemberAction(leave, 'any', say('why.etcd.remove.first', { host: leaver.host.name, voters: votersOf(input) })) })
}

/** What is left of a host in the cluster after its k3s is off, and its firewall last. */
const tidyUp = (leave: Leave): Wish => {
  const { input, leaver } = leave
  const { name, facts } = leaver.host
  if (facts.node === undefined) return elsewhere(leave, { wait: waitApi(leave.by) })
  if (facts.node.value !== 'absent') return elsewhere(leave, { action: deleteNodeAction(leave) })
  if (leaver.facts.listed !== 'none') return elsewhere(leave, { action: removeMemberAction(leave, 'any', say('why.etcd.remove', { host: name })) })
  if (!hasFirewall(leaver)) return null
  const unreached = waitReach(input, leaver)
  return unreached === null ? unguard(leaver, 'why.firewall.gone') : { wait: unreached }
}

const wishOf = (leave: Leave): Wish => (holdsAnything(leave.leaver, leave.input.spec.cluster) ? takeOff(leave) : tidyUp(leave))

/** A tenth of the agents at a time, at least one; those whose leave has begun come first. */
const agentsNow = (input: PlanInput): readonly Member[] => {
  const leavers = byProgress(input, 'agent')
  const here = leavers.filter((leaver) => waitReach(input, leaver) === null || !holdsAnything(leaver, input.spec.cluster))
  const now = here.slice(0, Math.max(1, Math.ceil(stayersOf(input, 'agent').length / 10)))
  return [...now, ...leavers.filter((leaver) => !here.includes(leaver))]
}

const progressOf = (input: PlanInput, leaver: Member): number => {
  if (!holdsAnything(leaver, input.spec.cluster)) return 0
  if (leaver.facts.node === 'cordoned' || leaver.facts.listed === 'none') return 1
  return leaver.host.online.value ? 2 : 3
}

const byProgress = (input: PlanInput, role: Member['role']): readonly Member[] =>
  membersOf(input, role)
    .filter(({ id }) => isLeaving(input, id))
    .toSorted((a, b) => progressOf(input, a) - progressOf(input, b))

/** Hosts that the spec no longer means leave: agents a tenth at a time, servers one by one, each only once all that remain vote. */
export const removeMembers: Rule = {
  name: 'remove-members',
  independent: false,
  decide: (input) => {
    const leavers = [...agentsNow(input), ...byProgress(input, 'server').slice(0, 1)]
    const seed = seedOf(input)
    if (leavers.length === 0 || seed === undefined) return { kind: 'done' }
    const wishes = leavers.map((leaver) => {
      const by = isOnEtcd(input) ? promoterOf(input, leaver.id) : seed
      return by === undefined ? { wait: waitMember(seed) } : wishOf({ input, leaver, by })
    })
    return ruleResult(wishes.flatMap((wish) => (wish !== null && 'action' in wish ? [wish.action] : [])), wishes.flatMap((wish) => (wish !== null && 'wait' in wish ? [wish.wait] : [])))
  },
}
