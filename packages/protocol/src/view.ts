import type { OwnFacts } from './facts/index.ts'
import type { HostId, Time } from './ids.ts'
import type { Measured } from './inventory/measured.ts'
import type { Said } from './said.ts'

/** A value and when it was last seen (coordinator's clock, ms); what was never seen is an absent key. */
export type Fact<T> = { readonly value: T; readonly seenAt: Time }

/** A host's part in a cluster. */
export type Role = 'server' | 'agent'

/** What can be predicted of a host: only what an effect can name. */
export type HostFacts = OwnFacts & {
  /** The host's Node object as a server of its cluster sees it. */
  readonly node: 'absent' | 'notReady' | 'ready' | 'cordoned'
  /** What the members that vote list of the host's etcd member; the coordinator's own knowledge, from what other servers tell. */
  readonly listed: 'none' | 'learner' | 'voter'
  /** Digest of the staged rules that witnesses have reached the host under; the coordinator's own knowledge, not the host's word. */
  readonly witnessed: string | null
}

/** What can be predicted of a cluster as a whole. */
export type ClusterFacts = {
  /** `up`: a server's `/readyz` answers ok. */
  readonly api: 'down' | 'up'
  /** Requests that were answered, by id. */
  readonly answered: Readonly<Record<string, true>>
  /** The server whose etcd member leads the others; null: none that is known. */
  readonly leader: HostId | null
}

/** One host as rules see it. */
export type HostView = {
  readonly name: string
  readonly online: Fact<boolean>
  readonly labels: Readonly<Record<string, string>>
  readonly arch: 'amd64' | 'arm64'
  /** The only part that its join token lets the host take. */
  readonly mayBe: Role | 'any'
  /** The cluster that an approval has given the host to, also before its claim is written. */
  readonly cluster: string | null
  /** Absent: active. Nothing is planned on a host that is anything else. */
  readonly state?: 'pending' | 'suspended' | 'revoked'
  /** Two machines hold this host's key: until a person says which one it is, nothing is sent to either. */
  readonly clone?: boolean
  /** Why the firewall on trial cannot be trusted: witnesses say different things of it. Goes when a person has the run go on. */
  readonly doubt?: Said
  readonly measured?: Fact<Measured>
  readonly facts: { readonly [K in keyof HostFacts]?: Fact<HostFacts[K]> }
}

/** What is observed of a cluster: only what rules read, every fact with its age. */
export type View = {
  readonly cluster: string
  readonly hosts: Readonly<Record<HostId, HostView>>
  readonly facts: { readonly [K in keyof ClusterFacts]?: Fact<ClusterFacts[K]> }
}

/** Replaces whole facts; stamped with the time of the input when applied. */
export type ViewPatch = {
  readonly hosts?: Readonly<Record<string, Partial<HostFacts>>>
  readonly cluster?: Partial<ClusterFacts>
}

/** Ages in ms after which a fact is stale: host facts and inventory (etcd's own, 5 s, comes with etcd). */
export const STALE_AFTER = { host: 45_000, inventory: 900_000 } as const
