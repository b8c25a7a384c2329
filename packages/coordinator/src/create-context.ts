import { EventEmitter } from 'node:events'
import { statfs } from 'node:fs/promises'
import type { Event } from '@drover/protocol'
import { dial } from '@drover/protocol/node'
import { readAssets } from './assets.ts'
import type { Context } from './context.ts'
import { type Home, readKeys, readSettings } from './home.ts'
import type { Hub } from './hub/index.ts'
import type { Log } from './log.ts'
import { createLoop, type Loop } from './loop/loop.ts'
import { createReleaseSums, RELEASES } from './loop/release-sums.ts'
import { appendEvent } from './store/events.ts'
import { raiseEpoch } from './store/settings.ts'
import { type Opened, openSqlite, type OpenOptions } from './store/sqlite/open.ts'
import { createTurn } from './turn.ts'
import { loadWorld } from './world/load.ts'

/** What a start takes: where it lives, what ships beside it, its version and log; `onCommit` is for tests. */
export type StartOptions = Omit<OpenOptions, 'now'> & {
  readonly home: Home
  readonly assetsFolder: string
  readonly version: string
  readonly log: Log
  readonly now?: () => number
  /** Addresses of this machine; none where it is not known. */
  readonly addresses?: readonly string[]
  /** See Context; by statfs. */
  readonly freeBytes?: Context['freeBytes']
  /** See Context; 8 s. */
  readonly patienceMs?: number
}

/** A context with what its owner does with it: the hub is set once, and all is closed at the end. */
export type OpenedContext = { readonly context: Context; readonly loop: Loop; readonly opened: Opened; readonly setHub: (hub: Hub) => void }

/** Opens the database, reads the world and raises the epoch; nothing listens and nothing is planned yet. */
export const createContext = async (options: StartOptions): Promise<OpenedContext> => {
  const { home, log, version, now = Date.now, patienceMs = 8_000, addresses = [], freeBytes = freeOn } = options
  const settings = readSettings(home)
  const keys = await readKeys(home)
  const opened = await openSqlite(home.database, { ...options, now: now() })
  const { db } = opened
  const world = await loadWorld(db, now(), home)
  const epoch = await raiseEpoch(db)
  const held: { hub: Hub | null } = { hub: null }
  // Its clock ticks from here on: what takes long, or fails, comes before it.
  const loop = createLoop(() => context)
  const context: Context = {
    db, home, log, version, settings, keys, now, patienceMs, dial,
    place: { addresses, port: settings.listen.port },
    ...telling(db),
    world,
    freeBytes,
    epoch,
    assets: readAssets(options.assetsFolder),
    releases: createReleaseSums({ base: settings.releaseBase ?? RELEASES, now }),
    pendingLogs: new Map(),
    turn: createTurn(),
    wake: loop.wake,
    hub: () => {
      if (held.hub === null) throw new Error('the hub is not up yet')
      return held.hub
    },
  }
  return { context, loop, opened, setHub: (hub) => void (held.hub = hub) }
}

const freeOn: Context['freeBytes'] = async (path) => {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

const telling = (db: Opened['db']): Pick<Context, 'tell' | 'listen'> => {
  const bus = new EventEmitter<{ event: [Event] }>()
  bus.setMaxListeners(0)
  return {
    tell: async (event) => void bus.emit('event', await appendEvent(db, event)),
    listen: (listener) => {
      bus.on('event', listener)
      return () => void bus.off('event', listener)
    },
  }
}
