import type { HostId, Ms, Time } from './ids.ts'
import type { Json } from './json.ts'
import type { EtcdTiming } from './k3s/etcd.ts'
import type { Said } from './said.ts'
import type { StepKind } from './steps/index.ts'
import type { StepClass, Touch } from './step.ts'
import type { Role, View, ViewPatch } from './view.ts'
import type { ClusterSpec } from './resources/cluster-spec.ts'

/** Something asked once; one rule serves it until it is done. Imperatives never become stored step lists. */
export type Request = {
  readonly id: string
  readonly kind: 'kubeconfig' | 'delete-cluster' | 'snapshot' | 'delete-snapshot' | 'restore'
  readonly params: Json
  readonly askedBy: string
  readonly askedAt: Time
  readonly state: 'open' | 'done' | 'refused' | 'withdrawn'
}

/** `kind@host#` and the canonical JSON of the params: the same situation gives the same key. */
export type ActionKey = string

/** One step for one host that a rule wants next. */
export type Action = {
  readonly key: ActionKey
  readonly kind: StepKind
  readonly host: HostId
  readonly params: Json
  readonly class: StepClass
  readonly why: Said
  /** What changes on the servers: actions that belong to one change name the same host. */
  readonly change: HostId | null
}

/** A typed answer instead of silence: what is waited for, what ends it, when it gives up. */
export type Wait = {
  readonly key: string
  readonly reason: Said
  readonly on: readonly HostId[]
  readonly endsWhen: Said
  readonly limit: Ms
  readonly atLimit: 'ask' | 'fail'
  /** What the forecast goes on with. */
  readonly assume: ViewPatch
}

/** What the second reader found: `fatal` blocks dispatch, `asks` needs a person, `note` is shown. */
export type Finding = { readonly level: 'fatal' | 'asks' | 'note'; readonly said: Said; readonly on: readonly HostId[] }

/** The result of planning once. */
export type Plan = { readonly actions: readonly Action[]; readonly waits: readonly Wait[]; readonly findings: readonly Finding[] }

/** An order in flight; an ended one stays open until newer facts of its host arrive. */
export type OpenOrder = {
  readonly key: ActionKey
  readonly host: HostId
  readonly class: StepClass
  readonly change: HostId | null
  readonly endedAt: Time | null
}

/** Every choice made from measurement, frozen at approval. */
export type Settled = {
  readonly incarnation: number
  readonly seed: HostId
  readonly roles: Readonly<Record<HostId, Role>>
  /** Members that the spec no longer means: they leave, and are forgotten when nothing of the cluster is left on them. Absent: none. */
  readonly leaving?: readonly HostId[]
  readonly node: Readonly<Record<HostId, { readonly ip: string; readonly iface: string }>>
  /** Host name or address that kubeconfig and SANs use, without scheme and port. */
  readonly apiEndpoint: string
  /** SHA-256 of the binary and of each image archive, per architecture, as far as hosts need them. */
  readonly artifacts: Readonly<Partial<Record<'amd64' | 'arm64', Artifacts>>>
  /** The timing of etcd; absent where the datastore is SQLite. */
  readonly etcd?: EtcdTiming
  /** Absent where the spec has no firewall. */
  readonly firewall?: SettledFirewall
  readonly why: readonly Said[]
}
/** Who dials in from outside while new rules of a firewall are on trial: a host, the coordinator itself, or the drover command that follows the run. */
export type Witness = HostId | 'coordinator' | 'operator'
/** What was chosen for the firewall: of each host the interfaces that are guarded, and who beside the members may bear witness. */
export type SettledFirewall = {
  /** `coordinator`: the port that the coordinator listens on where it runs on that very host, else null. */
  readonly hosts: Readonly<Record<HostId, { readonly guarded: readonly string[]; readonly coordinator: number | null }>>
  readonly witnesses: readonly Witness[]
  /** Where the drover command dials from, where it is the only witness. */
  readonly operator?: string
}
/** Hashes that a cluster's hosts of one architecture install. */
export type Artifacts = {
  readonly binary: string
  readonly images: readonly { readonly name: string; readonly sha256: string }[]
}

/** All that `planCluster` reads. */
export type PlanInput = {
  readonly now: Time
  readonly spec: ClusterSpec
  readonly settled: Settled
  readonly view: View
  readonly requests: readonly Request[]
  readonly open: readonly OpenOrder[]
  /** Since when each wait (by key) has been waited for. */
  readonly waiting: Readonly<Record<string, Time>>
}

/** A rule's answer. */
export type RuleResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'wait'; readonly waits: readonly Wait[] }
  | { readonly kind: 'act'; readonly actions: readonly Action[]; readonly waits: readonly Wait[] }

/** One entry of the planner's list. `independent`: goes on although an earlier rule is not done. */
export type Rule = { readonly name: string; readonly independent: boolean; readonly decide: (input: PlanInput) => RuleResult }

/** One action of a forecast with what it touches and how many failures the cluster tolerates after it. */
export type Line = {
  readonly action: Action
  readonly touches: readonly Touch[]
  readonly waits: readonly Wait[]
  readonly members: number
  readonly voters: number
  readonly tolerates: number
}
/** One round of planning: a multiset, order inside is free. */
export type Phase = { readonly lines: readonly Line[]; readonly waits: readonly Wait[] }
/** The whole run, predicted: plan, apply the effects, plan again, until quiet. */
export type Forecast = {
  readonly cluster: string
  readonly spec: ClusterSpec
  readonly settled: Settled
  readonly requests: readonly string[]
  readonly phases: readonly Phase[]
  /** `removesLearner`: a learner of our own that is stuck may be taken out again. */
  readonly ifItFails: { readonly retries: number; readonly removesLearner?: true }
  readonly findings: readonly Finding[]
  readonly runnersUp: readonly Said[]
}

/** How often an action was sent and how it ended. */
export type Spent = { readonly sent: number; readonly done: number; readonly failed: number }
/** Where a run stands. */
export type RunState =
  | { readonly kind: 'running' | 'waiting' | 'done' }
  | { readonly kind: 'asking' | 'failed'; readonly said: Said }
  | { readonly kind: 'cancelled' | 'superseded'; readonly by: string }
/** An approved forecast being carried out. */
export type Run = {
  readonly id: string
  readonly forecast: string
  readonly spent: Readonly<Record<ActionKey, Spent>>
  readonly state: RunState
}
