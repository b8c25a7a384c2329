import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Server } from 'node:https'
import { type Event, MESSAGE_CLASSES, TO_COORDINATOR } from '@drover/protocol'
import { buildApp } from './app.ts'
import { readAssets } from './assets.ts'
import type { Context } from './context.ts'
import { createDecide } from './enrol/decide.ts'
import { type Home, readKeys, readSettings } from './home.ts'
import { createHub, type Hub } from './hub/index.ts'
import { createHandlers } from './intake/handlers.ts'
import { createSessionEvents } from './intake/sessions.ts'
import type { Log } from './log.ts'
import { createLoop } from './loop/loop.ts'
import { keepBackups } from './keep-backups.ts'
import { appendEvent } from './store/events.ts'
import { raiseEpoch } from './store/settings.ts'
import { openSqlite } from './store/sqlite/open.ts'
import { loadWorld } from './world/load.ts'

/** A running coordinator. */
export type Running = { readonly context: Context; readonly url: string; readonly stop: () => Promise<void> }

/** What a start takes: where it lives, what ships beside it, its version and log; `nativeBinding` for a bundle. */
export type StartOptions = {
  readonly home: Home
  readonly assetsFolder: string
  readonly version: string
  readonly log: Log
  readonly nativeBinding?: string
  readonly now?: () => number
}

/** Builds everything once and listens; whatever is wrong is said before anything is opened to the network. */
export const start = async (options: StartOptions): Promise<Running> => {
  const { home, log, version } = options
  const now = options.now ?? Date.now
  const settings = readSettings(home)
  const keys = await readKeys(home)
  const { db, backup, close } = await openSqlite(home.database, { now: now(), ...(options.nativeBinding === undefined ? {} : { nativeBinding: options.nativeBinding }) })
  const bus = new EventEmitter<{ event: [Event] }>()
  bus.setMaxListeners(0)
  let hub: Hub | null = null
  const loop = createLoop(() => context)
  const context: Context = {
    db, home, log, version, settings, keys, now,
    world: await loadWorld(db, now()),
    epoch: await raiseEpoch(db),
    assets: readAssets(options.assetsFolder),
    pendingLogs: new Map(),
    hub: () => {
      if (hub === null) throw new Error('the hub is not up yet')
      return hub
    },
    wake: loop.wake,
    tell: async (event) => void bus.emit('event', await appendEvent(db, event)),
    listen: (listener) => {
      bus.on('event', listener)
      return () => void bus.off('event', listener)
    },
  }
  hub = hubOf(context)
  const app = await buildApp(context)
  hub.attach(app.server as Server)
  await app.listen({ host: settings.listen.host, port: settings.listen.port })
  const stopBackups = keepBackups(context, backup)
  loop.wake(null)
  log.info({ address: settings.advertise.join(' ') }, `coordinator ${version} is up, epoch ${String(context.epoch)}`)
  const stop = async (): Promise<void> => {
    stopBackups()
    context.hub().stop()
    await loop.stop()
    await app.close()
    await close()
  }
  return { context, url: settings.advertise[0] ?? '', stop }
}

const hubOf = (context: Context): Hub =>
  createHub({
    identity: { key: context.keys.signing, tlsPins: [context.keys.pin], behindProxy: false, bootId: randomUUID() },
    monotonic: () => performance.now(),
    decide: createDecide(context),
    offer: () => ({ endpoints: [...context.settings.advertise], epoch: context.epoch, serverTime: context.now() }),
    messages: TO_COORDINATOR,
    handlers: createHandlers(context),
    events: createSessionEvents(context),
    policy: { classes: MESSAGE_CLASSES },
  })
