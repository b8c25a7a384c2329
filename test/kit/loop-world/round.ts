import { type Action, isStepKind, type Plan, type PlanInput, render, say } from '@drover/protocol'
import { allowed } from '../../../packages/coordinator/src/core/planner/allowed.ts'
import { planCluster } from '../../../packages/coordinator/src/core/planner/plan-cluster.ts'
import { isServed } from '../../../packages/coordinator/src/core/planner/requests.ts'
import { toleranceOf } from '../../../packages/coordinator/src/core/planner/tolerance.ts'
import { settledWithoutLeft } from '../../../packages/coordinator/src/core/planner/without-left.ts'
import { expiredWaits } from '../../../packages/coordinator/src/core/planner/wait.ts'
import { whyAsk } from '../../../packages/coordinator/src/core/run/run.ts'
import { inputOf } from './observe.ts'
import { tellRun } from './tell-run.ts'
import { type LoopWorld, note, type WorldCluster } from './world.ts'

/** How long each step takes in this world. */
const STEP_MS = 5_000

const nameOf = (world: LoopWorld, id: string): string => [...world.hosts.values()].find((host) => host.id === id)?.name ?? id

const send = (world: LoopWorld, cluster: WorldCluster, action: Action): void => {
  if (!isStepKind(action.kind)) return
  const { key, kind, host, params, class: stepClass, change } = action
  cluster.open = [...cluster.open, { key, kind, host, params, class: stepClass, change, endedAt: null, endsAt: world.now + STEP_MS }]
  tellRun(world, cluster, { kind: 'sent', key })
}

const serve = (world: LoopWorld, cluster: WorldCluster, input: PlanInput): void => {
  cluster.requests = cluster.requests.map((request) => {
    if (request.state !== 'open' || !input.requests.includes(request) || !isServed(input, request)) return request
    note(world, `${cluster.name}: request ${request.kind} done`)
    if (request.kind === 'delete-cluster') for (const host of world.hosts.values()) if (host.cluster === cluster.name) host.cluster = null
    return { ...request, state: 'done' }
  })
}

/** Hosts that have left a cluster are free again when the run is done. */
const release = (world: LoopWorld, cluster: WorldCluster, input: PlanInput): void => {
  cluster.settled = settledWithoutLeft(input)
  for (const host of world.hosts.values()) if (host.cluster === cluster.name && cluster.settled.roles[host.id] === undefined) host.cluster = null
}

/** Keeps since when each wait has been waited for, and asks where one has lasted too long. */
const keepWaits = (world: LoopWorld, cluster: WorldCluster, plan: Plan): void => {
  cluster.waiting = Object.fromEntries(plan.waits.map(({ key }) => [key, cluster.waiting[key] ?? world.now]))
  const [first] = expiredWaits(plan.waits, cluster.waiting, world.now)
  if (first === undefined) return
  tellRun(world, cluster, { kind: 'asks', said: say('run.asks.wait', { reason: render(first.reason), seconds: first.limit / 1000 }) })
}

const dispatch = (world: LoopWorld, cluster: WorldCluster, of: { readonly plan: Plan; readonly input: PlanInput }): void => {
  const fatal = of.plan.findings.find(({ level }) => level === 'fatal')
  if (fatal !== undefined) return tellRun(world, cluster, { kind: 'fatal', said: fatal.said })
  const { tolerates } = toleranceOf(of.input.view, of.input.settled)
  for (const action of of.plan.actions) {
    const verdict = allowed(action, { run: cluster.run, forecast: cluster.forecast, tolerates, now: world.now })
    if (verdict !== 'ask') send(world, cluster, action)
    else if (cluster.run !== null) tellRun(world, cluster, { kind: 'asks', said: whyAsk(cluster.run, action, nameOf(world, action.host)) })
  }
}

/** One turn of the loop for one cluster: look, plan, check against the approval, send. True while anything is left to do. */
export const runRound = (world: LoopWorld, cluster: WorldCluster): boolean => {
  if (cluster.settled === null) return false
  const input = inputOf(world, cluster, cluster.settled)
  serve(world, cluster, input)
  const now = inputOf(world, cluster, cluster.settled)
  const plan = planCluster(now)
  dispatch(world, cluster, { plan, input: now })
  keepWaits(world, cluster, plan)
  if (plan.findings.every(({ level }) => level !== 'fatal')) {
    tellRun(world, cluster, { kind: 'planned', actions: plan.actions.length, waits: plan.waits.length, open: cluster.open.length })
  }
  if (cluster.run?.state.kind === 'done') release(world, cluster, now)
  const kind = cluster.run?.state.kind
  return cluster.open.length > 0 || kind === 'running' || kind === 'waiting'
}
