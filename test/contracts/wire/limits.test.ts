import { afterEach, describe, expect, it, vi } from 'vitest'
import { HUB_POLICY } from '../../../packages/coordinator/src/hub/index.ts'
import { eventually } from '../../kit/wire/eventually.ts'
import { greetRaw, note, openRawSession } from '../../kit/wire/raw-session.ts'
import { openRaw, rawFrame } from '../../kit/wire/raw-socket.ts'
import { createRunning } from '../../kit/wire/running.ts'

// Real sockets on a machine that may be busy: the limit is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const running = createRunning()
afterEach(running.stopAll)

const times = { ...HUB_POLICY.times, check: 10 }
const slow = { perSecond: 0.001, burst: 0 }

describe('time is bounded:', () => {
  it('no HELLO', async () => {
    const coordinator = await running.coordinator({ policy: { times: { ...times, hello: 40 } } })
    const raw = await openRaw(coordinator.port)
    expect(await raw.closed).toBe(4408)
    expect(coordinator.turnedAway).toMatchObject([{ close: 4408, code: null }])
  })

  it('no frame after ACCEPT: the session was never open', async () => {
    const coordinator = await running.coordinator({ policy: { times: { ...times, firstFrame: 40 } } })
    const session = await openRawSession(coordinator)
    expect(coordinator.hub.sessions()).toEqual([])
    expect(await session.raw.closed).toBe(4408)
    expect(coordinator.opened).toEqual([])
  })

  it('silence, even where pongs are never answered', async () => {
    const coordinator = await running.coordinator({ policy: { times: { ...times, dead: 60 } } })
    const session = await openRawSession(coordinator)
    session.send(session.channel.seal(note()))
    expect(await session.raw.closed).toBe(4408)
    await eventually('closed', () => coordinator.closed.some(({ nodeId }) => nodeId === session.host.nodeId))
    expect(coordinator.hub.sessions()).toEqual([])
  })
})

describe('strangers are bounded:', () => {
  it('eight sockets per address, more for an address that has a session, and places come back', async () => {
    const coordinator = await running.coordinator()
    const eight = await Promise.all(Array.from({ length: 8 }, async () => openRaw(coordinator.port)))
    await Promise.all(eight.map(async ({ answer }) => answer))
    const ninth = await openRaw(coordinator.port)
    expect((await ninth.answer).status).toBe(429)
    for (const { socket } of eight) socket.destroy()
    await eventually('place', () => coordinator.hub.sessions().length === 0 && eight.every(({ socket }) => socket.destroyed))
    await running.openHost(coordinator)
    const twelve = await Promise.all(Array.from({ length: 12 }, async () => openRaw(coordinator.port)))
    const answers = await Promise.all(twelve.map(async ({ answer }) => answer))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([101]))
    for (const { socket } of twelve) socket.destroy()
  })

  it('bytes before HELLO, also of a message that never ends', async () => {
    const coordinator = await running.coordinator()
    const raw = await openRaw(coordinator.port)
    await raw.next()
    raw.write(rawFrame(new Uint8Array(100_000), { claims: 500_000n }))
    expect(await raw.closed).toBe(1006)
    expect(coordinator.turnedAway).toEqual([])
  })

  it('signature checks per address and in all', async () => {
    for (const signatures of [
      { perAddress: { ...slow, burst: 2 }, all: { ...slow, burst: 9 } },
      { perAddress: { ...slow, burst: 9 }, all: { ...slow, burst: 2 } },
    ]) {
      const coordinator = await running.coordinator({ policy: { signatures } })
      const codes: number[] = []
      for (let round = 0; round < 4; round += 1) {
        const { raw, hello } = await greetRaw(coordinator)
        hello[hello.length - 1] = (hello[hello.length - 1] ?? 0) ^ 1
        raw.write(rawFrame(hello))
        codes.push(await raw.closed)
      }
      expect(codes).toEqual([4401, 4401, 4429, 4429])
    }
  })

  it('sessions in all: a host too many is told to come later, and its token is not spent', async () => {
    const coordinator = await running.coordinator({ policy: { maxSessions: 1 } })
    await running.openHost(coordinator)
    const second = running.host(coordinator)
    const told = await eventually('refused', () => second.states.find((state) => state.kind === 'waiting'))
    expect(told).toMatchObject({ cause: { code: 'refused', refuse: 'busy' } })
    expect(coordinator.registry.asked.enrol).toBe(1)
  })
})

describe('one host is bounded:', () => {
  it('frames and pings', async () => {
    const perNode = { ...HUB_POLICY.perNode, frames: { ...slow, burst: 20 } }
    const coordinator = await running.coordinator({ policy: { perNode } })
    for (const flood of ['frames', 'pings']) {
      const session = await openRawSession(coordinator)
      session.send(session.channel.seal(note()))
      for (let sent = 0; sent < 30; sent += 1) {
        if (flood === 'frames') session.send(session.channel.seal(note()))
        else session.raw.write(rawFrame(new Uint8Array(), { opcode: 9 }))
      }
      expect(await session.raw.closed).toBe(4429)
    }
  })

  it('logs beyond the rate are dropped, counted and acknowledged, and the session goes on', async () => {
    const perNode = { ...HUB_POLICY.perNode, logBytes: { ...slow, burst: 100 } }
    const coordinator = await running.coordinator({ policy: { perNode, classes: { logs: 'log' } } })
    const linked = await running.openHost(coordinator)
    for (const line of ['a'.repeat(60), 'b'.repeat(60), 'c'.repeat(60)]) await linked.link.send('logs', { lines: [line] }, { ack: true })
    await linked.link.send('note', 'on', { ack: true })
    expect(coordinator.received.filter(({ t }) => t === 'logs')).toHaveLength(1)
    expect(coordinator.hub.session(linked.host.nodeId)?.droppedLogs()).toBe(2)
  })

  it('inventories', async () => {
    const perNode = { ...HUB_POLICY.perNode, inventory: { ...slow, burst: 2 } }
    const coordinator = await running.coordinator({ policy: { perNode, classes: { note: 'inventory' } } })
    const session = await openRawSession(coordinator)
    for (let sent = 0; sent < 3; sent += 1) session.send(session.channel.seal(note()))
    expect(await session.raw.closed).toBe(4429)
    expect(coordinator.received.length).toBeLessThanOrEqual(2)
  })

  it('but an inventory that was asked for comes on top', async () => {
    const perNode = { ...HUB_POLICY.perNode, inventory: { ...slow, burst: 1 } }
    const coordinator = await running.coordinator({ policy: { perNode, classes: { note: 'inventory' }, asksForInventory: new Set(['ping']) } })
    const session = await openRawSession(coordinator)
    for (let sent = 1; sent <= 3; sent += 1) {
      session.send(session.channel.seal(note()))
      await eventually('taken', () => coordinator.received.length === sent)
      await coordinator.hub.session(session.host.nodeId)?.send('ping', '')
    }
    for (let sent = 0; sent < 2; sent += 1) session.send(session.channel.seal(note()))
    expect(await session.raw.closed).toBe(4429)
  })

  it('bytes that it does not read', async () => {
    const coordinator = await running.coordinator({ policy: { sendQueueBytes: 500_000 } })
    const session = await openRawSession(coordinator)
    session.send(session.channel.seal(note()))
    const open = await eventually('session', () => coordinator.hub.session(session.host.nodeId))
    session.raw.socket.pause()
    const big = 'x'.repeat(60_000)
    const sends = Array.from({ length: 400 }, async () => open.send('ping', big))
    const results = await Promise.allSettled(sends)
    expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    await eventually('closed', () => coordinator.hub.session(session.host.nodeId) === undefined)
  })
})

describe('a handler', () => {
  it('that fails ends the session without an acknowledgement, so that the message comes again', async () => {
    const coordinator = await running.coordinator()
    const session = await openRawSession(coordinator)
    coordinator.gate.wait = async () => Promise.reject(new Error('disk full'))
    session.send(session.channel.seal(note()))
    expect(await session.raw.closed).toBe(4500)
    expect(coordinator.received).toEqual([])
  })

  it('that is slow stops the reading, and messages stay in order', async () => {
    const coordinator = await running.coordinator()
    const session = await openRawSession(coordinator)
    const gate = Promise.withResolvers<undefined>()
    coordinator.gate.wait = async () => gate.promise
    for (let sent = 0; sent < 150; sent += 1) session.send(session.channel.seal(note(sent)))
    await eventually('session', () => coordinator.hub.session(session.host.nodeId))
    expect(coordinator.received).toEqual([])
    gate.resolve(undefined)
    await eventually('all', () => coordinator.received.length === 150)
    expect(coordinator.received.map(({ body }) => body)).toEqual(Array.from({ length: 150 }, (_, at) => at))
    session.raw.socket.destroy()
  })
})
