import type { PlanInput, Rule, RuleResult } from '@drover/protocol'
import { isApiUp, speakerOf } from '../api-up.ts'
import { isOnEtcd, silentBeside, votes } from '../etcd-members.ts'
import { type Member, stayersOf, seedOf } from '../members.ts'
import { perMember, type Wish } from '../per-member.ts'
import { lacks } from '../prepared.ts'
import { ruleResult } from '../rule-result.ts'
import { needsRestart, startAction } from '../start-action.ts'
import { waitApi } from '../wait.ts'
import { waitQuorum } from '../wait-quorum.ts'

const changed = (input: PlanInput, role: Member['role']): readonly Member[] =>
  stayersOf(input, role).filter((member) => needsRestart(input, member) && lacks(input, member) === null)

/** A tenth of the agents at a time, at least one, so that most of the cluster goes on working. */
const batch = (input: PlanInput, agents: readonly Member[]): readonly Member[] =>
  agents.slice(0, Math.max(1, Math.ceil(stayersOf(input, 'agent').length / 10)))

const restart = (input: PlanInput, member: Member): Wish => {
  const silent = isOnEtcd(input) && member.role === 'server' && votes(input, member.id) ? silentBeside(input, member.id) : []
  return silent.length > 0 ? { wait: waitQuorum(input, member, { silent, code: 'wait.quorum' }) } : { action: startAction(input, member, true) }
}

/** The server that is restarted next: one that has no vote to lose comes first. */
const nextServer = (input: PlanInput): readonly Member[] => {
  const servers = changed(input, 'server')
  return [...servers.filter(({ id }) => isOnEtcd(input) && !votes(input, id)), ...servers].slice(0, 1)
}

const decide = (input: PlanInput): RuleResult => {
  const servers = nextServer(input)
  const agents = servers.length > 0 ? [] : batch(input, changed(input, 'agent'))
  const seed = seedOf(input)
  if (agents.length > 0 && seed !== undefined && !isApiUp(input)) return ruleResult([], [waitApi(speakerOf(input, seed))])
  return perMember(input, [...servers, ...agents], (member) => restart(input, member))
}

/** Restarts what runs with older settings than are on its disk: servers one by one, on etcd each while all others vote, then agents a tenth at a time. */
export const restartChanged: Rule = { name: 'restart-changed', independent: false, decide }
