import { afterEach, describe, expect, it, vi } from 'vitest'
import { HUB_POLICY } from '../../../packages/coordinator/src/hub/index.ts'
import { eventually } from '../../kit/wire/eventually.ts'
import { makeHost } from '../../kit/wire/identity.ts'
import { openRawSession, note } from '../../kit/wire/raw-session.ts'
import { createRunning } from '../../kit/wire/running.ts'
import { LinkClosed } from '../../../packages/agent/src/link/index.ts'

// Real sockets on a machine that may be busy: the limit is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const running = createRunning()
afterEach(running.stopAll)
const ID = '11111111-1111-4111-8111-111111111111'

describe('a session', () => {
  it('opens by a token, keeps what ACCEPT said, and carries messages both ways', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    const { nodeId } = linked.host
    expect(linked.store.accepted).toMatchObject({ nodeId, state: 'active', epoch: 3, endpoints: [coordinator.url] })
    await linked.link.send('note', { hello: 1 }, { ack: true, id: ID })
    expect(coordinator.received.at(-1)).toEqual({ nodeId, t: 'note', body: { hello: 1 }, id: ID })
    await coordinator.hub.session(nodeId)?.send('ping', { n: 7 })
    await eventually('acknowledged by the host', () => coordinator.acked.length === 1)
    expect(linked.messages).toMatchObject([{ t: 'ping', body: { n: 7 }, id: coordinator.acked[0] }])
  })

  it('is acknowledged by the host only when the host has taken the message over', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    const gate = Promise.withResolvers<undefined>()
    linked.gate.wait = async () => gate.promise
    await coordinator.hub.session(linked.host.nodeId)?.send('ping', { n: 1 })
    await eventually('handed over', () => linked.messages.length === 1)
    await linked.link.send('note', 'later', { ack: true })
    expect(coordinator.acked).toEqual([])
    gate.resolve(undefined)
    await eventually('acknowledged', () => coordinator.acked.length === 1)
  })

  it('acknowledges only what the handler has stored', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    await linked.link.send('note', 'first', { ack: true })
    const gate = Promise.withResolvers<undefined>()
    const entered = Promise.withResolvers<undefined>()
    coordinator.gate.wait = async () => {
      entered.resolve(undefined)
      return gate.promise
    }
    let isAcknowledged = false
    const sending = linked.link.send('note', 'second', { ack: true }).then(() => (isAcknowledged = true))
    await entered.promise
    await coordinator.hub.session(linked.host.nodeId)?.send('ping', { n: 1 })
    await eventually('a later message', () => linked.messages.length === 1)
    expect(isAcknowledged).toBe(false)
    gate.resolve(undefined)
    await sending
  })

  it('ended before the acknowledgement rejects, and so does sending without one', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    coordinator.gate.wait = async () => new Promise(() => undefined)
    const sending = linked.link.send('note', 1, { ack: true }).catch((error: unknown) => error)
    await linked.link.close()
    expect(await sending).toBeInstanceOf(LinkClosed)
    await expect(linked.link.send('note', 2)).rejects.toBeInstanceOf(LinkClosed)
    expect(linked.states.at(-1)).toEqual({ kind: 'closed' })
  })

  it('tells the time of the coordinator, whatever the wall clock of the host says', async () => {
    const coordinator = await running.coordinator()
    const linked = running.host(coordinator)
    expect(linked.link.serverNow()).toBeNull()
    await eventually('open', () => linked.states.find((state) => state.kind === 'open'))
    expect(Math.abs((linked.link.serverNow() ?? 0) - Date.now())).toBeLessThan(5_000)
  })

  it('carries more messages at once than the rate allows a host, by pacing itself', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    await Promise.all(Array.from({ length: 230 }, async (_, at) => linked.link.send('note', at, { ack: true })))
    expect(linked.states.filter((state) => state.kind === 'open')).toHaveLength(1)
    expect(coordinator.received.filter(({ t }) => t === 'note').map(({ body }) => body)).toEqual(Array.from({ length: 230 }, (_, at) => at))
  })
})

describe('a quiet host', () => {
  const quietWithin = (round: number) => ({ policy: { times: { ...HUB_POLICY.times, quiet: -1, round } } })

  it('is heard in rounds, in order, and gets its acknowledgements', async () => {
    const coordinator = await running.coordinator(quietWithin(20))
    const linked = await running.openHost(coordinator)
    for (const body of ['one', 'two']) await linked.link.send('note', body, { ack: true })
    await Promise.all(['three', 'four', 'five'].map(async (body) => linked.link.send('note', body, { ack: true })))
    expect(coordinator.received.filter(({ t }) => t === 'note').map(({ body }) => body)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('is heard to its last frame when it goes before the next round', async () => {
    const coordinator = await running.coordinator(quietWithin(3_600_000))
    const session = await openRawSession(coordinator)
    for (const body of ['one', 'two']) session.send(session.channel.seal(note(body)))
    session.raw.socket.end()
    await eventually('gone', () => coordinator.closed.length === 1)
    expect(coordinator.received.map(({ body }) => body)).toEqual(['one', 'two'])
  })

  it('that was closed by the coordinator is not heard any more', async () => {
    const coordinator = await running.coordinator(quietWithin(3_600_000))
    const session = await openRawSession(coordinator)
    // Eight frames are not made to wait: they open the session, the ninth waits.
    for (let frame = 1; frame <= 9; frame += 1) session.send(session.channel.seal(note(frame)))
    await eventually('open', () => coordinator.received.length === 8)
    coordinator.hub.close(session.host.nodeId, 4500)
    expect(await session.raw.closed).toBe(4500)
    await eventually('gone', () => coordinator.closed.length === 1)
    expect(coordinator.received).toHaveLength(8)
  })
})

describe('a host comes back', () => {
  it('by its record and without a token, after the coordinator was away', async () => {
    const first = await running.coordinator()
    const linked = await running.openHost(first)
    await first.stop()
    await eventually('waiting', () => linked.states.find((state) => state.kind === 'waiting'))
    const { key, certificate, registry, port } = first
    const second = await running.coordinator({ key, certificate, registry, port })
    await eventually('open again', () => second.hub.session(linked.host.nodeId))
    expect(registry.asked.enrol).toBe(1)
  })

  it('to a coordinator that was set back and does not know it any more', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    coordinator.registry.forget(linked.host.nodeId)
    coordinator.hub.close(linked.host.nodeId, 4500)
    await eventually('open again', () => linked.states.filter((state) => state.kind === 'open').length === 2)
    expect(coordinator.registry.asked.enrol).toBe(1)
    expect(coordinator.registry.enrolled.get(linked.host.nodeId)).toMatchObject({ ok: true, nodeId: linked.host.nodeId })
  })

  it('at another address, when the first does not answer; the list of ACCEPT comes before that of the install line', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator, { urls: ['https://127.0.0.1:1', coordinator.url] })
    const tried = linked.states.flatMap((state) => (state.kind === 'connecting' ? [state.url] : []))
    expect(tried).toEqual(['https://127.0.0.1:1', coordinator.url])
    coordinator.hub.close(linked.host.nodeId, 4500)
    await eventually('open again', () => linked.states.filter((state) => state.kind === 'open').length === 2)
    expect(linked.states.flatMap((state) => (state.kind === 'open' ? [state.url] : [])).at(-1)).toBe(coordinator.url)
  })

  it('is told when it was revoked, asks again hourly, and never uses a token again', async () => {
    const coordinator = await running.coordinator()
    const waits: number[] = []
    const linked = await running.openHost(coordinator, { times: { retry: (usual) => (waits.push(usual), 10) } })
    coordinator.registry.revoke(linked.host.nodeId)
    coordinator.hub.close(linked.host.nodeId, 4403)
    const told = await eventually('refused', () => linked.states.find((state) => state.kind === 'waiting' && state.cause.code === 'refused'))
    expect(told).toMatchObject({ cause: { refuse: 'revoked' } })
    await eventually('asked again', () => coordinator.registry.asked.resume >= 2)
    expect(coordinator.registry.asked.enrol).toBe(1)
    expect(waits.at(-1)).toBeGreaterThanOrEqual(3_600_000)
  })

  it('without a record and without a token it says so and touches nothing', async () => {
    const coordinator = await running.coordinator()
    const linked = running.host(coordinator, { store: { token: null, accepted: null, writes: 0 } })
    const told = await eventually('waiting', () => linked.states.find((state) => state.kind === 'waiting'))
    expect(told).toMatchObject({ cause: { code: 'not-enrolled' } })
    expect(coordinator.registry.asked).toEqual({ tokenKey: 0, enrol: 0, resume: 0 })
  })

  it('whose disk is full never opens the session, and opens it when there is space', async () => {
    const coordinator = await running.coordinator()
    const store = { token: coordinator.registry.token(), accepted: null, writes: 0, isFull: true }
    const linked = running.host(coordinator, { store })
    expect(await eventually('waiting', () => linked.states.find((state) => state.kind === 'waiting'))).toMatchObject({
      cause: { code: 'ended', detail: 'no space left' },
    })
    expect(coordinator.opened).toEqual([])
    store.isFull = false
    await eventually('open', () => coordinator.hub.session(linked.host.nodeId))
    expect(coordinator.registry.asked.enrol).toBeGreaterThan(1)
    expect(coordinator.registry.enrolled.size).toBe(1)
  })

  it('has a token that the coordinator refuses', async () => {
    const coordinator = await running.coordinator()
    const token = coordinator.registry.token(0)
    const linked = running.host(coordinator, { token })
    const told = await eventually('waiting', () => linked.states.find((state) => state.kind === 'waiting'))
    expect(told).toMatchObject({ cause: { code: 'refused', refuse: 'token-refused' } })
    expect(linked.store.accepted).toBeNull()
  })
})

describe('one host, two connections', () => {
  it('the older is closed with 4409 when the newer has proved itself, and the hub tells of both', async () => {
    const coordinator = await running.coordinator()
    const host = makeHost()
    const older = await openRawSession(coordinator, host)
    older.send(older.channel.seal(note('older')))
    await eventually('older', () => coordinator.opened.length === 1)
    const newer = await openRawSession(coordinator, host)
    expect(coordinator.duplicates).toEqual([])
    newer.send(newer.channel.seal(note('newer')))
    expect(await older.raw.closed).toBe(4409)
    expect(coordinator.duplicates).toMatchObject([{ older: { nodeId: host.nodeId }, newer: { nodeId: host.nodeId } }])
    expect(coordinator.hub.sessions()).toHaveLength(1)
    newer.send(newer.channel.seal(note('still')))
    await eventually('still', () => coordinator.received.some(({ body }) => body === 'still'))
    newer.raw.socket.destroy()
  })

  it('one that got ACCEPT and stays silent does not push the other out', async () => {
    const coordinator = await running.coordinator()
    const linked = await running.openHost(coordinator)
    const silent = await openRawSession(coordinator, linked.host)
    await linked.link.send('note', 'mine', { ack: true })
    expect(coordinator.duplicates).toEqual([])
    silent.raw.socket.destroy()
  })
})
