import type { Action, Plan, PlanInput, Rule, Wait } from '@drover/protocol'
import { isHeavy } from './action.ts'
import { preflight } from './findings.ts'
import { hasGivenUp, hasJoined } from './etcd-members.ts'
import { checkPlan } from './invariants.ts'
import { membersOf } from './members.ts'
import { deletionOf, isPutBack, restoreOf } from './requests.ts'
import { commitFirewall } from './rules/commit-firewall.ts'
import { deleteSnapshots } from './rules/delete-snapshots.ts'
import { growToEtcd } from './rules/grow-to-etcd.ts'
import { installBinary } from './rules/install-binary.ts'
import { joinServers } from './rules/join-servers.ts'
import { keepRoute } from './rules/keep-route.ts'
import { removeFirewall } from './rules/remove-firewall.ts'
import { removeLearners } from './rules/remove-learners.ts'
import { removeMembers } from './rules/remove-members.ts'
import { restartChanged } from './rules/restart-changed.ts'
import { serveDeleteCluster } from './rules/serve-delete-cluster.ts'
import { serveKubeconfig } from './rules/serve-kubeconfig.ts'
import { serveRestore } from './rules/serve-restore.ts'
import { setAsideOlder } from './rules/set-aside-older.ts'
import { setSchedule } from './rules/set-schedule.ts'
import { setSysctls } from './rules/set-sysctls.ts'
import { snapshotFirst } from './rules/snapshot-first.ts'
import { stageFirewall } from './rules/stage-firewall.ts'
import { startAgents } from './rules/start-agents.ts'
import { startFirstServer } from './rules/start-first-server.ts'
import { takeSnapshots } from './rules/take-snapshots.ts'
import { updateFirewallMembers } from './rules/update-firewall-members.ts'
import { writeConfig } from './rules/write-config.ts'
import { waitOrder } from './wait.ts'
import { withoutLeft } from './without-left.ts'

/** The order of the system, read from top to bottom. */
const RULES: readonly Rule[] = [
  serveDeleteCluster,
  serveRestore,
  setAsideOlder,
  installBinary,
  setSysctls,
  writeConfig,
  keepRoute,
  stageFirewall,
  commitFirewall,
  updateFirewallMembers,
  removeFirewall,
  startFirstServer,
  growToEtcd,
  removeLearners,
  joinServers,
  startAgents,
  snapshotFirst,
  restartChanged,
  removeMembers,
  setSchedule,
  takeSnapshots,
  deleteSnapshots,
  serveKubeconfig,
]

/** The rules that hold now: all but one rest while a cluster is deleted, and until a snapshot is in the place of its data. */
const rulesFor = (input: PlanInput): readonly Rule[] => {
  if (deletionOf(input) !== undefined) return [serveDeleteCluster]
  return restoreOf(input) !== undefined && !isPutBack(input) ? [serveRestore] : RULES
}

type Fold = { readonly actions: Map<string, Action>; readonly waits: Map<string, Wait>; held: boolean }

/** Adds one rule's answer: heavy actions only while every earlier rule that others depend on is done. */
const addRule = (fold: Fold, rule: Rule, input: PlanInput): void => {
  const result = rule.decide(input)
  if (result.kind === 'done') return
  for (const wait of result.waits) fold.waits.set(wait.key, wait)
  for (const action of result.kind === 'act' ? result.actions : []) {
    if (rule.independent || !fold.held || !isHeavy(action.class)) fold.actions.set(action.key, action)
  }
  fold.held ||= !rule.independent
}

type Change = Pick<PlanInput['open'][number], 'class' | 'change'>

/** A change on a server: nothing else is changed on the servers until it has ended. */
const changesServer = (input: PlanInput, { change }: Change): boolean => change !== null && input.settled.roles[change] === 'server'

/** Start and promotion of one joiner are one change. */
const isSameJoin = (a: Change, b: Change): boolean => a.class === 'membership' && b.class === 'membership' && a.change === b.change

/** Leaves out what is in flight already, and any further change on the servers while one is in flight; a join has ended once its member votes, or its host has been away for a while and has none. */
const notInFlight = (input: PlanInput, actions: Iterable<Action>): readonly Action[] => {
  const open = new Set(input.open.map((order) => order.key))
  const lost = new Set(membersOf(input, 'server').filter((server) => hasGivenUp(input, server)).map(({ id }) => id))
  const isOver = (order: PlanInput['open'][number]): boolean => hasJoined(input, order) || (order.class === 'membership' && order.change !== null && lost.has(order.change))
  const changes = input.open.filter((order) => changesServer(input, order) && !isOver(order))
  return [...actions].filter((action) => !open.has(action.key) && !(changesServer(input, action) && changes.some((order) => !isSameJoin(order, action))))
}

/** Plans once by the rules alone, judged by the second reader; the rounds of a forecast after its first, where nothing is measured anew. */
export const planRound = (given: PlanInput): Plan => {
  const input = withoutLeft(given)
  const fold: Fold = { actions: new Map(), waits: new Map(), held: false }
  for (const rule of rulesFor(input)) addRule(fold, rule, input)
  for (const order of input.open) {
    const wait = waitOrder(order, input.view.hosts[order.host]?.name ?? order.host)
    fold.waits.set(wait.key, wait)
  }
  const actions = notInFlight(input, fold.actions.values())
  return { actions, waits: [...fold.waits.values()], findings: checkPlan(input, actions) }
}

/**
 * Plans once: what to do now, what is waited for, and what speaks against it. Pure and total; an order in flight is never
 * emitted again. A `fatal` finding means that nothing of the plan may be sent.
 */
export const planCluster = (input: PlanInput): Plan => {
  const present = withoutLeft(input)
  const plan = planRound(present)
  return { ...plan, findings: [...preflight(present), ...plan.findings] }
}
