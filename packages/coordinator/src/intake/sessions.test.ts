import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { enrolSite, type Site } from '@drover/test/kit/coordinator/drive.ts'
import { factsOf } from '@drover/test/kit/coordinator/scripted-host.ts'
import { writeHost } from '../store/hosts.ts'

const world = {} as { coordinator: TestCoordinator; site: Site; admin: string }
const ask = (line: `${'GET' | 'POST' | 'DELETE'} ${string}`): Promise<TestAnswer> => call(world.coordinator, line, { token: world.admin, ...(line.startsWith('POST') ? { body: {} } : {}) })
const turn = (): Promise<void> => world.coordinator.context.turn(() => Promise.resolve())

beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.site = await enrolSite(world.coordinator)
  world.admin = await world.coordinator.token('admin')
})
afterEach(async () => {
  vi.useRealTimers()
  await world.coordinator.remove()
})

describe('a session that opens late', () => {
  it('of a host that was removed since its greeting is closed', async () => {
    const { hub, events } = world.coordinator
    const { id } = world.site.hosts[1]
    hub.disconnect(id)
    expect((await ask('DELETE /api/v1/hosts/node-2')).status).toBe(200)
    events.onOpen?.(hub.connect(id))
    await turn()
    expect([hub.session(id), world.coordinator.context.world.live.get(id)]).toEqual([undefined, undefined])
  })

  it('of a host that was let in since its greeting is closed, so that it comes again as one of us', async () => {
    const { hub, events, context } = world.coordinator
    const { id } = world.site.hosts[1]
    const late = hub.connect(id, { state: 'pending' })
    events.onOpen?.(late)
    await turn()
    expect(hub.session(id)).toBeUndefined()
    events.onOpen?.(hub.connect(id))
    await turn()
    expect([hub.session(id)?.state, context.world.live.get(id)?.online]).toEqual(['active', true])
  })

  it('of a host that waits to be let in stays', async () => {
    const { hub, events, context } = world.coordinator
    const { id } = world.site.hosts[1]
    const host = context.world.hosts.get(id)
    if (host === undefined) throw new Error('no host')
    await writeHost(context.db, { ...host, state: 'pending' })
    context.world.hosts.set(id, { ...host, state: 'pending' })
    events.onOpen?.(hub.connect(id, { state: 'pending' }))
    await turn()
    expect(hub.session(id)?.state).toBe('pending')
  })
})

describe('what a host said and waited to be heard', () => {
  it('is as old as its arrival: neither its clock nor its facts look wrong by the wait', async () => {
    const { hub, handlers, context, clock } = world.coordinator
    const [host] = world.site.hosts
    const session = hub.session(host.id)
    if (session === undefined) throw new Error('the host is not connected')
    const arrival = { id: 'h', waitedMs: 900 }
    await handlers.heartbeat(session, { uptimeS: 1, wallTime: clock.now() - 900, openOrders: 0 }, arrival)
    expect(context.world.live.get(host.id)?.clockOffsetMs).toBe(0)
    await handlers.facts(session, { ...factsOf(host), ageMs: 50 }, arrival)
    expect(context.world.hosts.get(host.id)?.facts?.seenAt).toBe(clock.now() - 950)
  })
})

describe('the log of a host', () => {
  it('that disconnects when it is asked is an answer, and nothing waits for it afterwards', async () => {
    const { hub, context } = world.coordinator
    const { id } = world.site.hosts[1]
    const session = hub.connect(id)
    const { session: find } = hub
    Object.assign(hub, { session: (each: string) => (each === id ? session : find(each)) })
    hub.disconnect(id)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const before = vi.getTimerCount()
    const answer = await ask('GET /api/v1/hosts/node-2/logs')
    expect([answer.status, answer.json['code'], context.pendingLogs.size, vi.getTimerCount() - before]).toEqual([409, 'host.offline', 0, 0])
  })
})
