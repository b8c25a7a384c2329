import { type ErrorCode, type Json, say, type StepKind, type View } from '@drover/protocol'
import { effectOf } from '../../../packages/coordinator/src/core/planner/apply-patch.ts'
import { becomeLearners, canEnd, hostOf, isGivenUp, leave, promote, takeOut } from './joins.ts'
import { observe } from './observe.ts'
import { tryRules } from './try-rules.ts'
import { tellRun } from './tell-run.ts'
import { type LoopWorld, note, type WorldCluster, type WorldHost, type WorldOrder } from './world.ts'

/** How long a kubelet takes from the start of its unit until it is Ready. */
export const KUBELET_MS = 10_000

const failureOf = (world: LoopWorld, kind: StepKind, host: WorldHost): ErrorCode | null => {
  const failure = world.failures.find((one) => one.kind === kind && one.host === host.name && one.left > 0)
  if (failure === undefined) return null
  failure.left -= 1
  return failure.code
}

/** The host becomes what the step's own effect says; its kubelet follows later. */
const succeed = (world: LoopWorld, cluster: WorldCluster, of: { readonly order: WorldOrder; readonly host: WorldHost }): void => {
  const { order, host } = of
  const view: View = observe(world, cluster)
  const { key, kind, class: stepClass, change } = order
  const patch = effectOf(view, { key, kind, host: host.id, params: order.params as Json, class: stepClass, why: say('wait.order.ends'), change })
  host.facts = { ...host.facts, ...patch.hosts?.[host.id] }
  takeOut(world, order)
  cluster.answered = { ...cluster.answered, ...patch.cluster?.answered }
  if (order.kind === 'etcd.promote') promote(world, order)
  if (order.kind === 'firewall.stage') host.trialEnds = world.now + (order.params as { readonly windowMs: number }).windowMs
  if (order.kind === 'k3s.start') {
    host.facts = { ...host.facts, node: host.facts.node === 'ready' ? 'ready' : 'notReady' }
    host.readyAt = world.now + KUBELET_MS
  }
}

const end = (world: LoopWorld, cluster: WorldCluster, order: WorldOrder): void => {
  const host = hostOf(world, order.host)
  if (host === undefined) return
  cluster.open = cluster.open.map((one) => (one === order ? { ...one, endedAt: world.now } : one))
  const code = isGivenUp(world, order) ? 'step.timeout' : failureOf(world, order.kind, host)
  if (code === null) {
    succeed(world, cluster, { order, host })
    tellRun(world, cluster, { kind: 'order-done', key: order.key })
    note(world, `${host.name}: ${order.kind} done`)
    return
  }
  leave(order, host)
  note(world, `${host.name}: ${order.kind} failed: ${code}`)
  const said = say('order.failed', { kind: order.kind, host: host.name, message: code })
  tellRun(world, cluster, { kind: 'order-failed', key: order.key, code, said })
}

const isDue = (world: LoopWorld, order: WorldOrder): boolean => {
  const host = hostOf(world, order.host)
  return host?.online === true && order.endedAt === null && order.endsAt <= world.now && canEnd(world, order, host)
}

const wakeKubelet = (world: LoopWorld, host: WorldHost): void => {
  if (host.readyAt === null || host.readyAt > world.now || host.late || host.facts.node !== 'notReady') return
  host.facts = { ...host.facts, node: 'ready' }
  note(world, `${host.name}: Ready`)
}

/** Ends the orders whose time has come, on hosts that are connected, and lets kubelets become Ready. */
export const carryOut = (world: LoopWorld): void => {
  for (const cluster of world.clusters.values()) {
    for (const order of cluster.open.filter((one) => isDue(world, one))) end(world, cluster, order)
    becomeLearners(world, cluster)
  }
  for (const host of world.hosts.values()) {
    wakeKubelet(world, host)
    tryRules(world, host)
  }
}
