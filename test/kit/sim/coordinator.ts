import { makeToken, tokenSigningKey } from '@drover/protocol/node'
import type { Context } from '../../../packages/coordinator/src/context.ts'
import { createContext } from '../../../packages/coordinator/src/create-context.ts'
import { createDecide } from '../../../packages/coordinator/src/enrol/decide.ts'
import { homeAt } from '../../../packages/coordinator/src/home.ts'
import type { Hub, HubSession } from '../../../packages/coordinator/src/hub/index.ts'
import { createHandlers } from '../../../packages/coordinator/src/intake/handlers.ts'
import { createSessionEvents } from '../../../packages/coordinator/src/intake/sessions.ts'
import { reconcile } from '../../../packages/coordinator/src/loop/reconcile.ts'
import { insertApiToken } from '../../../packages/coordinator/src/store/api-tokens.ts'
import { insertJoinToken } from '../../../packages/coordinator/src/store/join-tokens.ts'
import { createQuietLog } from '../coordinator/quiet-log.ts'
import type { SimAgent } from './agent-state.ts'
import { type Frame, hangUp, type Link, newEnd, send } from './link.ts'
import { helloOf } from './tell-facts.ts'
import type { SimWorld } from './world.ts'

type Session = { readonly session: HubSession; readonly link: Link }

/** A run of the real coordinator: real database, planner, dispatch and intake. `commits`: how many calls of the commit hook it has left to live. */
export type SimCoordinator = {
  readonly context: Context
  /** Does something that it does; what kills it meanwhile ends it whole. Null where it did not live to the end of it. */
  readonly does: <T>(work: () => Promise<T>) => Promise<T | null>
  readonly accept: (agent: SimAgent, link: Link) => Promise<boolean>
  readonly enrol: (agent: SimAgent, labels: Readonly<Record<string, string>>) => Promise<void>
  readonly kill: () => Promise<void>
  readonly isDead: () => boolean
}

/** What a run of the coordinator needs; `onPlan` is called after each plan, `onCommit` with each call of the commit hook: true kills it there. */
export type CoordinatorOptions = {
  readonly world: SimWorld
  readonly root: string
  readonly onPlan: (context: Context) => void
  readonly onCommit: () => boolean
  readonly onDeath: () => void
}

const PACE = 250
const TICK = 5_000
const DAY = 86_400_000

type Inner = { readonly world: SimWorld; readonly sessions: Map<string, Session>; readonly watched: { context: Context | null }; isDead: boolean; isPlanned: boolean; readonly options: CoordinatorOptions }

class Dead extends Error {}

const here = ({ watched }: Inner): Context => {
  if (watched.context === null) throw new Error('the coordinator is not up yet')
  return watched.context
}

/** A hub without sockets: a session is one end of a simulated link. */
const hubOf = ({ sessions }: Inner): Hub => ({
  attach: () => undefined,
  handleUpgrade: () => undefined,
  sessions: () => [...sessions.values()].map(({ session }) => session),
  session: (id) => sessions.get(id)?.session,
  close: (id, code) => {
    const found = sessions.get(id)
    found?.session.close(code)
    return found !== undefined
  },
  stop: () => sessions.clear(),
})

type Opened = Awaited<ReturnType<typeof createContext>>

const openContext = async (inner: Inner): Promise<Opened | null> => {
  const { world, options } = inner
  const onCommit = (): void => {
    inner.isDead ||= options.onCommit()
    if (inner.isDead) throw new Dead('killed at a commit')
  }
  const { log } = createQuietLog()
  const opened = await createContext({ home: homeAt(options.root), assetsFolder: `${options.root}/assets`, version: '0.1.0', log, now: world.timeline.now, patienceMs: 0, onCommit }).catch((error: unknown) => {
    if (!inner.isDead) throw error
    return null
  })
  await opened?.loop.stop()
  return opened
}

/** Starts a coordinator on its folder, as it is; null where it is killed before it is up. */
export const startCoordinator = async (options: CoordinatorOptions): Promise<SimCoordinator | null> => {
  const inner: Inner = { world: options.world, sessions: new Map(), watched: { context: null }, isDead: false, isPlanned: false, options }
  const opened = await openContext(inner)
  if (opened === null) return null
  opened.setHub(hubOf(inner))
  const does = doing(inner, opened)
  const context: Context = { ...opened.context, wake: () => planSoon(inner, does, PACE) }
  inner.watched.context = context
  const tick = (): void => {
    if (inner.isDead) return
    planSoon(inner, does, 0)
    options.world.timeline.after(TICK, tick)
  }
  tick()
  return {
    context,
    does,
    accept: async (agent, link) => (await does(() => accept(inner, { agent, link, does }))) ?? false,
    enrol: (agent, labels) => enrol(context, agent, labels),
    isDead: () => inner.isDead,
    kill: async () => {
      await does(async () => {
        inner.isDead = true
        return Promise.resolve()
      })
    },
  }
}

type Does = SimCoordinator['does']

const isOver = (after: { readonly isOver: boolean }): boolean => after.isOver

/** Whoever kills it in the middle ends all of it: sessions are cut, what was not committed is gone. */
const doing = (inner: Inner, { opened }: Opened): Does => {
  const after = { isOver: false }
  return async (work) => {
    if (after.isOver) return null
    try {
      const result = await work()
      return inner.isDead ? null : result
    } catch (error) {
      if (!inner.isDead) throw error
      return null
    } finally {
      if (inner.isDead && !isOver(after)) {
        after.isOver = true
        for (const { link } of inner.sessions.values()) hangUp(inner.world, link, { side: 'coordinator', isTold: true })
        inner.sessions.clear()
        await opened.close().catch(() => undefined)
        inner.options.onDeath()
      }
    }
  }
}

const planSoon = (inner: Inner, does: Does, ms: number): void => {
  if (inner.isPlanned) return
  inner.isPlanned = true
  inner.world.timeline.after(ms, async () => {
    inner.isPlanned = false
    const context = here(inner)
    for (const name of context.world.clusters.keys()) {
      await does(() => context.turn(() => reconcile(context, name)))
      if (!inner.isDead) inner.options.onPlan(context)
    }
  })
}

type Coming = { readonly agent: SimAgent; readonly link: Link; readonly does: Does }

const accept = async (inner: Inner, { agent, link, does }: Coming): Promise<boolean> => {
  const { world, sessions } = inner
  const context = here(inner)
  const { keys, machine } = agent
  const hello = { ...(await helloOf(agent)), versions: [1], minVersion: 1, coordinatorPinned: '', tlsPin: '', enrolment: null, wallTime: world.timeline.now() }
  const decision = await createDecide(context).resume({ nodePub: keys.node.publicKey, sealPub: keys.sealPub, body: hello, remoteAddress: machine.ip, claimed: null })
  if (!decision.ok) return false
  const events = createSessionEvents(context)
  const isOpen = (): boolean => sessions.get(machine.id)?.session === session && link.ends.coordinator.isOpen
  const shut = async (code: number): Promise<void> => {
    if (sessions.get(machine.id)?.session === session) sessions.delete(machine.id)
    await does(async () => {
      events.onClose?.(session, code)
      await context.turn(() => Promise.resolve())
    })
  }
  const session: HubSession = {
    nodeId: machine.id, state: decision.state, address: machine.ip, sealPub: keys.sealPub, hello,
    droppedLogs: () => 0,
    send: async (t, body) => {
      if (!isOpen()) throw new Error('session is closed')
      return Promise.resolve(send(world, link, { to: 'agent', frame: { t, body: structuredClone(body) } }))
    },
    close: (code) => {
      hangUp(world, link, { side: 'coordinator', isTold: true })
      world.timeline.after(0, () => shut(code))
    },
  }
  sessions.get(machine.id)?.session.close(1001)
  const handlers = createHandlers(context)
  link.ends.coordinator = newEnd(world, { closed: () => shut(1006), take: async (frame) => void (await does(() => take({ world, link, handlers, session }, frame))) })
  sessions.set(machine.id, { session, link })
  events.onOpen?.(session)
  await context.turn(() => Promise.resolve())
  return true
}

type Taking = { readonly world: SimWorld; readonly link: Link; readonly handlers: ReturnType<typeof createHandlers>; readonly session: HubSession }

const take = async ({ world, link, handlers, session }: Taking, { t, body }: Frame): Promise<void> => {
  if (t === 'heartbeat') return handlers.heartbeat(session, { uptimeS: 1, wallTime: world.timeline.now(), openOrders: 0 }, { id: 'h', waitedMs: 0 })
  const { id, body: inside } = body as { readonly id: number; readonly body: never }
  await handlers[t as 'facts'](session, inside, { id: String(id), waitedMs: 0 })
  if (t === 'report' && link.ends.coordinator.isOpen) send(world, link, { to: 'agent', frame: { t: 'ack', body: id } })
}

const enrol = async (context: Context, { keys, machine }: SimAgent, labels: Readonly<Record<string, string>>): Promise<void> => {
  const now = context.now()
  const [token, api] = [makeToken('join'), makeToken('api')]
  await insertApiToken(context.db, { id: api.id, digest: new Uint8Array(32) as never, role: 'operator', owner: 'somebody', created_at: now, expires_at: now + DAY, revoked_at: null })
  await insertJoinToken(context.db, {
    id: token.id, publicKey: tokenSigningKey(token).publicKey, usesLeft: 1, role: 'any', cluster: null, cidrs: [], labels, approve: 'auto', replaces: null,
    createdBy: 'somebody', createdAt: now, expiresAt: now + 60_000, revokedAt: null,
  })
  const body = { ...keys.facts, versions: [1], minVersion: 1, coordinatorPinned: '', tlsPin: '', enrolment: null, wallTime: now }
  const decision = await createDecide(context).enrol({ nodePub: keys.node.publicKey, sealPub: keys.sealPub, body, remoteAddress: machine.ip, tokenId: token.id })
  if (!decision.ok) throw new Error(`not let in: ${decision.code}`)
}
