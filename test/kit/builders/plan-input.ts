import type { ClusterSpec, HostView, PlanInput, Request, Settled, Time, View } from '@drover/protocol'
import { settle, type SettleResult } from '../../../packages/coordinator/src/core/planner/settle.ts'
import { hostIdOf } from './host-id.ts'
import { buildSpec } from './spec.ts'

/** What a built input is made from; hosts bring their own facts. */
export type InputPatch = {
  readonly hosts: readonly HostView[]
  readonly spec?: ClusterSpec
  readonly now?: Time
  readonly requests?: readonly Request[]
  readonly previous?: Settled | null
  readonly incarnation?: number
}

/** Hashes for both architectures. */
export const ARTIFACTS: Settled['artifacts'] = {
  amd64: { binary: 'a'.repeat(64), images: [] },
  arm64: { binary: 'b'.repeat(64), images: [] },
}

/** A view of the hosts given, by the id of each one's name. */
export const buildView = (cluster: string, hosts: readonly HostView[]): View => ({
  cluster,
  hosts: Object.fromEntries(hosts.map((host) => [hostIdOf(host.name), host])),
  facts: {},
})

/** Settles the hosts given and gives the planner's input with what settling found. */
export const buildInput = (patch: InputPatch): SettleResult & { readonly input: PlanInput } => {
  const { hosts, spec = buildSpec(), now = 0, requests = [], previous = null, incarnation = 1 } = patch
  const base = { now, spec, view: buildView(spec.cluster, hosts), requests, open: [], waiting: {} }
  const result = settle({ ...base, incarnation, artifacts: ARTIFACTS, previous })
  return { ...result, input: { ...base, settled: result.settled } }
}
