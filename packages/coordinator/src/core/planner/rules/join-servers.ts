import type { Action, PlanInput, Rule, RuleResult, Wait } from '@drover/protocol'
import { isApiUp, speakerOf } from '../api-up.ts'
import { hasStarted, hasVote, isOnEtcd, isStuck, promoterOf, serversInTurn, startedServers, votelessBeside, votes } from '../etcd-members.ts'
import { isLeaving, type Member, seedOf } from '../members.ts'
import { leftOut } from '../older-servers.ts'
import { perMember, type Wish } from '../per-member.ts'
import { isRunning, lacks } from '../prepared.ts'
import { promoteAction } from '../promote-action.ts'
import { restoreOf } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { needsRestart, startAction } from '../start-action.ts'
import { waitApi, waitMember, waitNode, waitPrepared, waitReach } from '../wait.ts'

const isStopped = (server: Member): boolean => !isRunning(server) && server.facts.k3s?.state !== 'starting'

const stays = (input: PlanInput, { id }: Member): boolean => !isLeaving(input, id)

/** Its Node alone says too little after a boot: for a while Kubernetes takes it for what it was before. */
const isUp = ({ facts: { k3s, node } }: Member): boolean => k3s?.state !== 'starting' && (node === 'ready' || node === 'cordoned')

const startOr = (input: PlanInput, server: Member): Wish => {
  const missing = lacks(input, server)
  return missing === null ? { action: startAction(input, server, false) } : { wait: waitPrepared(input, server, missing) }
}

/** A promotion is sent beside the start of its joiner, and again for a learner that was left one, under the same conditions. */
const promotions = (input: PlanInput, learners: readonly Member[]): readonly Action[] =>
  learners.flatMap((learner) => {
    const promoter = promoterOf(input, learner.id)
    return promoter === undefined || isStuck(input, learner) || !isApiUp(input) || votelessBeside(input, learner.id).length > 0 ? [] : [promoteAction(input, promoter, learner)]
  })

const join = (input: PlanInput, joiner: Member): RuleResult => {
  const started = perMember(input, [joiner], () => startOr(input, joiner))
  return started.kind === 'act' ? { ...started, actions: [...started.actions, ...promotions(input, [joiner])] } : started
}

/** Servers whose vote is awaited; that of one that is away only while another is to join, or else it would hold up what it has no part in. */
const comingOf = (input: PlanInput, isJoining: boolean): readonly Member[] =>
  startedServers(input).filter((server) => (isJoining || stays(input, server)) && !needsRestart(input, server) && !isStopped(server) && !(isJoining ? hasVote(input, server.id) : server.facts.etcd === 'voter'))

/** Waits for what does not hold up the next join: the API, and the Node of each server that is there; Kubernetes takes that of one that is away for not Ready. */
const waitUp = (input: PlanInput, seed: Member): readonly Wait[] => {
  if (!isApiUp(input)) return [waitApi(speakerOf(input, seed))]
  const late = startedServers(input).filter((server) => stays(input, server) && server.host.online.value && !isUp(server) && server.facts.etcd === 'voter')
  const result = perMember(input, late, (server) => ({ wait: waitNode(server) }))
  return result.kind === 'done' ? [] : result.waits
}

/** The start of the seed is a rule of its own, but for one that is away: then it is waited for as any other. */
const isOurs = (input: PlanInput, server: Member): boolean => server.id !== input.settled.seed || waitReach(input, server) !== null

type Standing = { readonly fresh: readonly Member[]; readonly stopped: readonly Member[]; readonly coming: readonly Member[]; readonly changed: readonly Member[] }

/** Who can be reached comes before who is away, or one that is lost would hold up those that are there; who is off for good is not waited for. */
const freshInTurn = (input: PlanInput): readonly Member[] => {
  const left = leftOut(restoreOf(input))
  const fresh = serversInTurn(input).filter((server) => stays(input, server) && !hasStarted(input, server))
  const isReached = (server: Member): boolean => waitReach(input, server) === null
  return [...fresh.filter(isReached), ...fresh.filter((server) => !isReached(server) && !left.has(server.id))]
}

const standingOf = (input: PlanInput): Standing => {
  const fresh = freshInTurn(input)
  const started = startedServers(input).filter((server) => stays(input, server))
  const restarting = started.filter((server) => needsRestart(input, server))
  return {
    fresh,
    stopped: started.filter((server) => isStopped(server) && !restarting.includes(server) && isOurs(input, server)),
    coming: comingOf(input, fresh.length > 0),
    changed: restarting.filter((server) => lacks(input, server) === null),
  }
}

/** Members that stopped go on first, then whoever has no vote yet gets it, then the next server joins. */
const next = (input: PlanInput, seed: Member, { fresh: [joiner], stopped, coming }: Standing): RuleResult => {
  if (stopped.length > 0) return perMember(input, stopped.slice(0, 1), (server) => startOr(input, server))
  if (coming.length > 0) {
    const { waits } = { waits: [], ...perMember(input, coming, (server) => ({ wait: waitMember(server) })) }
    return ruleResult(promotions(input, coming.filter(({ facts }) => facts.etcd === 'learner' || (facts.etcd === 'none' && facts.listed === 'learner'))), waits)
  }
  if (joiner === undefined) return { kind: 'done' }
  return isApiUp(input) ? join(input, joiner) : ruleResult([], [waitApi(speakerOf(input, seed))])
}

const decide = (input: PlanInput, seed: Member): RuleResult => {
  const standing = standingOf(input)
  // Settings that keep a member down are replaced before anything else, those of members that vote before another joins.
  const { changed, coming, stopped } = standing
  if (changed.some(({ id }) => !votes(input, id)) || (changed.length > 0 && coming.length + stopped.length === 0)) return { kind: 'done' }
  const result = next(input, seed, standing)
  const waits = waitUp(input, seed)
  return result.kind === 'act' ? { ...result, waits: [...result.waits, ...waits] } : ruleResult([], [...(result.kind === 'wait' ? result.waits : []), ...waits])
}

/**
 * On etcd servers join one at a time, as the spec names them, each once every member votes and the API answers; that a Node is
 * Ready is awaited beside the next join. A joiner is started and promoted at once: both are one change.
 */
export const joinServers: Rule = {
  name: 'join-servers',
  independent: false,
  decide: (input) => {
    const seed = seedOf(input)
    return seed === undefined || !isOnEtcd(input) || !hasStarted(input, seed) ? { kind: 'done' } : decide(input, seed)
  },
}
