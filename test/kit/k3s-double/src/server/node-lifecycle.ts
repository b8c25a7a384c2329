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
function settleNodes(state: ServerState): void {
  const nodes = state.objects.list(place('nodes', ''))
  for (const node of nodes) {
    const next = settled(node, state.objects.list(place('nodes', '')))
    if (next !== undefined) state.objects.write(place('nodes', nameOf(node)), next)
  }
}

function lost(node: KubeObject): KubeObject {
  const at = `${new Date().toISOString().slice(0, 19)}Z`
  const words = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: at }
  const conditions = partList(node, 'status', 'conditions').map((one) => ({ ...one, ...words }))
  const taints = [
    ...taintsOf(node).filter((taint) => taint['key'] !== UNREACHABLE),
    { effect: 'NoSchedule', key: UNREACHABLE, timeAdded: at },
    { effect: 'NoExecute', key: UNREACHABLE, timeAdded: at },
  ]
  return { ...node, spec: { ...part(node, 'spec'), taints }, status: { ...part(node, 'status'), conditions } }
}

const readyKnown = (node: KubeObject): boolean =>
  partList(node, 'status', 'conditions').some((one) => isJson(one) && one['type'] === 'Ready' && one['status'] !== 'Unknown')

/** Settles Nodes, and watches their leases: one that was not renewed for `graceMs` becomes Unknown. Counting starts with this process. */
export async function watchNodes(state: ServerState): Promise<void> {
  const seen = new Map<string, { readonly renew: string; readonly at: number }>()
  const { graceMs, settleMs } = state.world.settings
  while (!state.world.stopping.aborted) {
    for (const node of state.objects.list(place('nodes', ''))) {
      const name = nameOf(node)
      const renew = word(part(state.objects.read(place('leases', name, 'kube-node-lease')), 'spec')['renewTime'])
      const before = seen.get(name)
      if (before === undefined || before.renew !== renew) seen.set(name, { renew, at: performance.now() })
      else if (performance.now() - before.at > graceMs && readyKnown(node)) state.objects.write(place('nodes', name), lost(node))
    }
    await pause(state.world, Math.min(settleMs, graceMs / 5))
    settleNodes(state)
  }
}
