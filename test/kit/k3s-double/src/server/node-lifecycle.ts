import { isJson, type KubeObject, part, partList, word } from '../api/kube-object.ts'
import { isReady, nameOf } from '../kubelet/node-object.ts'
import { pause } from '../world.ts'
import { place, type ServerState } from './state.ts'

const UNREACHABLE = 'node.kubernetes.io/unreachable'
const PASSING: ReadonlySet<unknown> = new Set(['node.kubernetes.io/not-ready', 'node.cloudprovider.kubernetes.io/uninitialized', UNREACHABLE])

const taintsOf = (node: KubeObject): readonly Readonly<Record<string, unknown>>[] => partList(node, 'spec', 'taints')

function freeCidr(nodes: readonly KubeObject[]): string {
  const used = new Set(nodes.map((node) => word(part(node, 'spec')['podCIDR'])))
  for (let number = 0; number < 256; number += 1) if (!used.has(`10.42.${number}.0/24`)) return `10.42.${number}.0/24`
  return '10.42.255.0/24'
}

/** The Node with a pod range, and without the passing taints once it is Ready; undefined where nothing changes. */
function settled(node: KubeObject, all: readonly KubeObject[]): KubeObject | undefined {
  const spec = part(node, 'spec')
  const lifted = isReady(node) ? taintsOf(node).filter((taint) => !PASSING.has(taint['key'])) : taintsOf(node)
  if (spec['podCIDR'] !== undefined && lifted.length === taintsOf(node).length) return undefined
  const cidr = spec['podCIDR'] ?? freeCidr(all)
  const { taints: _, ...rest } = spec
  return { ...node, spec: { ...rest, podCIDR: cidr, podCIDRs: [cidr], ...(lifted.length === 0 ? {} : { taints: lifted }) } }
}

/** Gives new Nodes their pod range and lifts the passing taints of Nodes that are Ready. */
async function settleNodes(state: ServerState, nodes: readonly KubeObject[]): Promise<void> {
  for (const node of nodes.filter((one) => settled(one, nodes) !== undefined)) {
    const all = await state.objects.list(place('nodes', ''))
    await state.objects.change(place('nodes', nameOf(node)), (now) => (now === undefined ? undefined : settled(now, all)))
  }
}

function lost(node: KubeObject): KubeObject {
  const at = `${new Date().toISOString().slice(0, 19)}Z`
  const words = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: at }
  const conditions = partList(node, 'status', 'conditions').map((one) => (one['type'] === 'EtcdIsVoter' ? one : { ...one, ...words }))
  const taints = [
    ...taintsOf(node).filter((taint) => taint['key'] !== UNREACHABLE),
    { effect: 'NoSchedule', key: UNREACHABLE, timeAdded: at },
    { effect: 'NoExecute', key: UNREACHABLE, timeAdded: at },
  ]
  return { ...node, spec: { ...part(node, 'spec'), taints }, status: { ...part(node, 'status'), conditions } }
}

const readyKnown = (node: KubeObject): boolean =>
  partList(node, 'status', 'conditions').some((one) => isJson(one) && one['type'] === 'Ready' && one['status'] !== 'Unknown')

/** The lease that was last seen of each Node, and when (by this process's clock). */
type Seen = Map<string, { readonly renew: string; readonly at: number }>

async function watchLeases(state: ServerState, nodes: readonly KubeObject[], seen: Seen): Promise<void> {
  const { graceMs } = state.world.settings
  const leases = await state.objects.list(place('leases', '', 'kube-node-lease'))
  for (const node of nodes) {
    const name = nameOf(node)
    const renew = word(part(leases.find((lease) => lease.metadata.name === name), 'spec')['renewTime'])
    const before = seen.get(name)
    if (before === undefined || before.renew !== renew) seen.set(name, { renew, at: performance.now() })
    else if (performance.now() - before.at > graceMs && readyKnown(node)) {
      await state.objects.change(place('nodes', name), (now) => (now === undefined ? undefined : lost(now)))
    }
  }
}

/**
 * Settles Nodes, and watches their leases: one that was not renewed for `graceMs` becomes Unknown. Counting starts with this process,
 * and anew where another server took the lead meanwhile.
 */
export async function watchNodes(state: ServerState): Promise<void> {
  const seen: Seen = new Map()
  const { graceMs, settleMs } = state.world.settings
  while (!state.world.stopping.aborted) {
    try {
      if (await state.leads()) {
        const nodes = await state.objects.list(place('nodes', ''))
        await watchLeases(state, nodes, seen)
        await settleNodes(state, nodes)
      } else seen.clear()
    } catch (error) {
      state.world.log('error', 'Error syncing nodes', { error: String(error), logger: 'k3s' })
    }
    await pause(state.world, Math.min(settleMs, graceMs / 5))
  }
}
