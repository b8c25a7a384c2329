import type { Host } from '../../lab/host.ts'

/** What the contract is held against: the stand-in, or a k3s that `K3S_BIN` names. */
export type Subject = {
  readonly kind: 'stand-in' | 'k3s'
  /** The executable on this machine. */
  readonly binary: string
  /** Folder with image archives (`K3S_IMAGES`), for pods without a registry. */
  readonly images: string | undefined
}

/** Three hosts: a server, an agent of it, and one where things go wrong. */
export type Site = { readonly subject: Subject; readonly server: Host; readonly agent: Host; readonly spare: Host }

/** The bare secrets of the two tokens. */
export const SECRETS = { server: 'contract-server-secret', agent: 'contract-agent-secret' } as const

/** One thing that Drover relies on; the check throws when it is not so. */
export type FactOf<S> = { readonly name: string; readonly check: (site: S) => Promise<void> }

/** Facts that share a preparation, in the order they are looked at. */
export type ChapterOf<S> = { readonly title: string; readonly prepare?: (site: S) => Promise<void>; readonly facts: readonly FactOf<S>[] }

/** A fact of one server and an agent of it. */
export type Fact = FactOf<Site>

/** A chapter of one server and an agent of it. */
export type Chapter = ChapterOf<Site>
