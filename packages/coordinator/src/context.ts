import type { Event, Time } from '@drover/protocol'
import type { Dial } from '@drover/protocol/node'
import type { Assets } from './assets.ts'
import type { Hub } from './hub/hub.ts'
import type { Home, Keys, Settings } from './home.ts'
import type { PendingLogs } from './intake/pending-logs.ts'
import type { Log } from './log.ts'
import type { ReleaseSums } from './loop/release-sums.ts'
import type { CoordinatorPlace } from './core/planner/settle-input.ts'
import type { Db } from './store/db.ts'
import type { NewEvent } from './store/events.ts'
import type { Turn } from './turn.ts'
import type { World } from './world/world.ts'

/** What the parts of a running coordinator share; built once by the composition root. */
export type Context = {
  readonly db: Db
  readonly world: World
  readonly keys: Keys
  readonly home: Home
  readonly settings: Settings
  readonly epoch: number
  readonly pendingLogs: PendingLogs
  readonly version: string
  readonly assets: Assets
  /** The lists of sums of k3s releases, upstream's or those of the mirror that the settings name. */
  readonly releases: ReleaseSums
  readonly log: Log
  /** Where this coordinator is, so that no firewall shuts it off and it may bear witness. */
  readonly place: CoordinatorPlace
  readonly dial: Dial
  /** Bytes free on the disk of a path. */
  readonly freeBytes: (path: string) => Promise<number>
  /** How long, in ms, a person who asks for a forecast waits at most for hosts to answer or to become quiet. */
  readonly patienceMs: number
  /** Milliseconds since 1970. */
  readonly now: () => Time
  /** The sessions with hosts; set once when the server is up. */
  readonly hub: () => Hub
  /** Everything that changes the world runs in a turn: read, decide, commit, patch, and only then the next. */
  readonly turn: Turn
  /** Says that something about a cluster changed (null: about every one): a plan follows soon. */
  readonly wake: (cluster: string | null) => void
  /** Stores an event and tells whoever listens. */
  readonly tell: (event: NewEvent) => Promise<void>
  /** Calls back for each new event until the returned function is called. */
  readonly listen: (listener: (event: Event) => void) => () => void
}
