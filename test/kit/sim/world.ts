import type { HostId } from '@drover/protocol'
import type { Disk } from './disk.ts'
import type { Timeline, Work } from './timeline.ts'

/** A member of a simulated etcd; `linkedAt`: since when it and the leader hear each other, null while they do not. */
export type SimMember = { readonly id: string; readonly name: string; readonly ip: string; readonly machine: string; learner: boolean; synced: boolean; movedAt: number; linkedAt: number | null }

/** A Node object: when its kubelet was heard last. */
export type SimNode = { readonly name: string; readonly ip: string; readonly version: string; ready: boolean; cordoned: boolean; seenAt: number }

/** A datastore: that of one SQLite server, or an etcd with its members. `saved`: k3s has put its own certificates into it. */
export type SimStore = {
  readonly id: string
  readonly kind: 'sqlite' | 'etcd'
  readonly nodes: Map<string, SimNode>
  readonly gone: Set<string>
  /** Keys of the objects in it; those of a SQLite that k3s moves come over before it is saved. */
  objects: readonly string[]
  members: SimMember[]
  saved: boolean
  leader: string | null
  lostAt: number
  tickerAt: number
}

/** A k3s that runs; `etcd`: its own member once that has started, `api`: its port 6443 answers. */
export type SimK3s = { readonly work: Work; etcd: { readonly store: SimStore; readonly member: string } | null; store: SimStore | null; api: boolean }

/** A unit as systemd keeps it; `read`: the text of its file when it was last read. */
export type SimUnit = { read: string | null; active: 'inactive' | 'activating' | 'active' | 'failed'; sub: string; enabled: boolean; invocation: string; restarts: number; readonly log: string[] }

/** Names of units that are more than a file. */
export type K3sUnit = 'k3s' | 'k3s-agent'

/** One simulated host. What a power cut takes: `k3s`, the units' states, those that `systemd-run` made, and what lies in memory. */
export type Machine = {
  readonly id: HostId
  readonly name: string
  readonly ip: string
  readonly disk: Disk
  readonly units: Map<K3sUnit, SimUnit>
  readonly transient: Map<string, { readonly unit: SimUnit; readonly work: Work }>
  isOn: boolean
  boots: number
  k3s: SimK3s | null
}

/** What etcd, k3s and systemd did, one entry each, for the judge; `by` is the order whose step did it, null: nobody of ours. */
export type Deed = { readonly at: number; readonly what: 'initialise' | 'move' | 'serve' | 'add' | 'promote' | 'remove' | 'stop' | 'save' | 'reset'; readonly machine: string; readonly store: SimStore | null; readonly by: string | null }

/** How badly frames travel: the longest delay in ms, and how many of a hundred come twice, or late and out of turn; `slow`: so many times as long k3s takes. */
export type Weather = { delay: number; twice: number; late: number; slow: number }

/** Everything that is simulated, and its time. `cuts`: directions in which nothing gets through, `from>to`. */
export type SimWorld = {
  readonly timeline: Timeline
  readonly random: () => number
  readonly machines: readonly Machine[]
  readonly stores: SimStore[]
  readonly cuts: Set<string>
  readonly weather: Weather
  readonly deed: (deed: Omit<Deed, 'at'>) => void
  readonly note: (text: string) => void
}

/** The name that the coordinator has on the net. */
export const COORDINATOR = 'coordinator'

/** True where what one sends gets to the other. */
export const isOpen = ({ cuts }: SimWorld, from: string, to: string): boolean => !cuts.has(`${from}>${to}`)

/** True where two machines that run hear each other, as TCP has to. */
export const hear = (world: SimWorld, a: Machine, b: Machine): boolean => a.isOn && b.isOn && (a === b || (isOpen(world, a.name, b.name) && isOpen(world, b.name, a.name)))

/** A machine by name. */
export const machineOf = ({ machines }: SimWorld, name: string): Machine => {
  const found = machines.find((machine) => machine.name === name)
  if (found === undefined) throw new Error(`no machine ${name}`)
  return found
}

/** A number between two. */
export const between = ({ random }: Pick<SimWorld, 'random'>, least: number, most: number): number => Math.round(least + random() * (most - least))
