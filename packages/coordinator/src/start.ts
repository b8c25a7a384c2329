import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { ASKS_FOR_INVENTORY, MESSAGE_CLASSES, TO_COORDINATOR } from '@drover/protocol'
import { API_LIMITS, type ApiLimits } from './api/limits.ts'
import type { Api } from './api/types.ts'
import { buildApp } from './app.ts'
import { clearUploads } from './clear-uploads.ts'
import type { Context } from './context.ts'
import { clearHalves } from './copies/files.ts'
import { createContext, type StartOptions } from './create-context.ts'
import { createDecide } from './enrol/decide.ts'
import { createHub, type Hub, type HubPolicy } from './hub/index.ts'
import { createHandlers } from './intake/handlers.ts'
import { createSessionEvents } from './intake/sessions.ts'
import { keepBackups } from './keep-backups.ts'

/** A running coordinator; `port` is the one that it listens on. */
export type Running = { readonly context: Context; readonly app: Api; readonly url: string; readonly port: number; readonly stop: () => Promise<void> }

/** Other limits than the product's, of the hub and of the API: for a bench whose hosts all have one address. */
type Limits = { readonly policy?: Partial<HubPolicy>; readonly limits?: ApiLimits }

/** Builds everything once and listens; whatever is wrong is said before anything is opened to the network. */
export const start = async ({ policy = {}, limits = API_LIMITS, ...options }: StartOptions & Limits): Promise<Running> => {
  const { context, loop, opened, setHub } = await createContext(options)
  const { settings, log } = context
  if (clearUploads(context.home.artifacts) > 0) log.warn({}, 'halves of imported files were removed: the coordinator was ended in the middle')
  if (clearHalves(context.home.snapshots, context.now()) > 0) log.warn({}, 'beginnings of copies of snapshots were removed: nothing had come to them for a week')
  const hub = hubOf(context, policy)
  setHub(hub)
  const app = await buildApp(context, limits)
  hub.attach(app.server)
  await app.listen({ host: settings.listen.host, port: settings.listen.port })
  const stopBackups = keepBackups(context, opened.backup)
  loop.wake(null)
  log.info({ address: settings.advertise.join(' ') }, `coordinator ${context.version} is up, epoch ${String(context.epoch)}`)
  const stop = async (): Promise<void> => {
    stopBackups()
    hub.stop()
    await loop.stop()
    await app.close()
    await opened.close()
  }
  return { context, app, url: settings.advertise[0] ?? '', port: (app.server.address() as AddressInfo).port, stop }
}

const hubOf = (context: Context, policy: Partial<HubPolicy>): Hub =>
  createHub({
    identity: { key: context.keys.signing, tlsPins: [context.keys.pin], behindProxy: false, bootId: randomUUID() },
    monotonic: () => performance.now(),
    decide: createDecide(context),
    offer: () => ({ endpoints: [...context.settings.advertise], epoch: context.epoch, serverTime: context.now() }),
    messages: TO_COORDINATOR,
    handlers: createHandlers(context),
    events: createSessionEvents(context),
    policy: { ...policy, classes: MESSAGE_CLASSES, asksForInventory: ASKS_FOR_INVENTORY },
  })
