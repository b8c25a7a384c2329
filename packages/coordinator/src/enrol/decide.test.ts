import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BARE_TOLD, type HelloFacts, type JoinTokenBody } from '@drover/protocol'
import { type Decision, type EnrolGreeting, parseToken } from '@drover/protocol/node'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { makeHost, type TestHost } from '@drover/test/kit/wire/identity.ts'

const MINUTE = 60_000
const world = {} as { coordinator: TestCoordinator; operator: string }

beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.operator = await world.coordinator.token('operator')
})
afterEach(() => world.coordinator.remove())

const makeLine = (body: Partial<JoinTokenBody> = {}): Promise<TestAnswer> => call(world.coordinator, 'POST /api/v1/tokens', { token: world.operator, body })

/** The id of the token in an install line. */
const join = async (body: Partial<JoinTokenBody> = {}): Promise<string> => {
  const made = await makeLine(body)
  expect(made).toMatchObject({ status: 201 })
  const parsed = parseToken('join', /drvj1_\S+/.exec(String(made.json['line']))?.[0] ?? '')
  if (!parsed.ok) throw new Error('no token in the line')
  return parsed.token.id
}

const greeting = (host: TestHost, tokenId: string, remoteAddress = '10.0.0.11'): EnrolGreeting => ({
  nodePub: host.node.publicKey,
  sealPub: host.sealPub,
  body: { ...host.facts, versions: [1], minVersion: 1, coordinatorPinned: '', tlsPin: '', enrolment: null, wallTime: 0 },
  remoteAddress,
  tokenId,
})
const enrol = (host: TestHost, tokenId: string, from?: string): Promise<Decision> => world.coordinator.decide.enrol(greeting(host, tokenId, from))
const resume = (host: TestHost, claimed: Parameters<TestCoordinator['decide']['resume']>[0]['claimed'] = null): Promise<Decision> => {
  const { tokenId: _, ...rest } = greeting(host, '')
  return world.coordinator.decide.resume({ ...rest, claimed })
}
const names = (): string[] => [...world.coordinator.context.world.hosts.values()].map((host) => host.name).toSorted()
const findings = (name: string): string[] => [...world.coordinator.context.world.hosts.values()].filter((host) => host.name === name).flatMap((host) => host.findings.map((said) => said.code))

describe('a token of one use', () => {
  it('lets exactly one of 200 hosts in that come at the same time', async () => {
    const id = await join()
    const decisions = await Promise.all(Array.from({ length: 200 }, () => enrol(makeHost(), id)))
    expect(decisions.filter((decision) => decision.ok)).toHaveLength(1)
    expect(new Set(decisions.flatMap((decision) => (decision.ok ? [] : [decision.code])))).toEqual(new Set(['token-refused']))
    expect(world.coordinator.context.world.hosts.size).toBe(1)
  })

  it('is spent once by a host that did not get the answer and asks again within ten minutes', async () => {
    const id = await join({ count: 2 })
    const host = makeHost()
    const first = await enrol(host, id)
    world.coordinator.clock.advance(9 * MINUTE)
    expect(await enrol(host, id)).toEqual(first)
    expect((await enrol(makeHost(), id)).ok).toBe(true)
    world.coordinator.clock.advance(2 * MINUTE)
    expect(await enrol(host, id)).toMatchObject({ ok: false, code: 'token-refused' })
  })
})

describe('a token of 20 uses', () => {
  it('lets exactly 20 of 200 hosts of one name in, each with a name of its own', async () => {
    const id = await join({ count: 20 })
    const decisions = await Promise.all(Array.from({ length: 200 }, () => enrol(makeHost({ hostname: 'debian' }), id)))
    expect(decisions.filter((decision) => decision.ok)).toHaveLength(20)
    expect(names()).toEqual(['debian', ...Array.from({ length: 19 }, (_, index) => `debian-${String(index + 2)}`)].toSorted())
  })
})

describe('a token is refused', () => {
  it('when nobody made it, when it has ended, and when it was revoked', async () => {
    expect(await enrol(makeHost(), 'aaaaaaaaaa')).toMatchObject({ ok: false, code: 'token-refused' })
    const short = await join({ forMinutes: 1 })
    world.coordinator.clock.advance(MINUTE)
    expect(await enrol(makeHost(), short)).toMatchObject({ ok: false, code: 'token-refused' })
    const revoked = await join()
    await call(world.coordinator, `DELETE /api/v1/tokens/${revoked}`, { token: world.operator })
    expect(await enrol(makeHost(), revoked)).toMatchObject({ ok: false, code: 'token-refused' })
    expect(names()).toEqual([])
  })

  it('when who made it has no right to make one any more', async () => {
    const person = await world.coordinator.token('operator', { owner: 'gone-tomorrow' })
    const made = await call(world.coordinator, 'POST /api/v1/tokens', { token: person, body: {} })
    await world.coordinator.context.db.updateTable('api_token').set({ revoked_at: 1 }).where('owner', '=', 'gone-tomorrow').execute()
    expect(await enrol(makeHost(), String((made.json['token'] as { id: string }).id))).toMatchObject({ ok: false, code: 'token-refused' })
  })

  it('as a line for more than 50 hosts, unless an admin makes it', async () => {
    expect((await makeLine({ count: 51 })).json).toMatchObject({ code: 'auth.forbidden' })
    const admin = await world.coordinator.token('admin')
    expect((await call(world.coordinator, 'POST /api/v1/tokens', { token: admin, body: { count: 51 } })).status).toBe(201)
  })
})

describe('a host waits for approval', () => {
  const state = (): string | undefined => [...world.coordinator.context.world.hosts.values()][0]?.state

  it('where it comes from outside the CIDR of its token', async () => {
    const id = await join({ count: 3, cidr: ['10.0.0.0/24', 'fd00::/64'] })
    expect(await enrol(makeHost(), id, '::ffff:10.0.0.9')).toMatchObject({ ok: true, state: 'active' })
    expect(await enrol(makeHost(), id, 'fd00::9')).toMatchObject({ ok: true, state: 'active' })
    expect(await enrol(makeHost(), id, '10.0.1.9')).toMatchObject({ ok: true, state: 'pending' })
  })

  it('where the token says so, gets no order meanwhile, and is let in by name', async () => {
    const host = makeHost()
    expect(await enrol(host, await join({ approve: 'manual' }))).toMatchObject({ ok: true, state: 'pending' })
    const shown = await call(world.coordinator, 'POST /api/v1/hosts/host-1/approve', { token: world.operator })
    expect(shown.json).toMatchObject({ state: 'active' })
    expect(state()).toBe('active')
    expect(world.coordinator.hub.closed.get(host.nodeId)).toEqual([4409])
    expect(await resume(host)).toMatchObject({ ok: true, state: 'active' })
  })
})

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const machine = (id: string, uuid: string): HelloFacts['machine'] => ({ machineId: sha(id), productUuid: sha(uuid), macs: sha(uuid) })

describe('machines that look alike', () => {
  it('are two hosts with a finding where only the machine-id is the same: a cloned template', async () => {
    const id = await join({ count: 2 })
    await enrol(makeHost({ hostname: 'one', machine: machine('a', 'x') }), id)
    await enrol(makeHost({ hostname: 'two', machine: machine('a', 'y') }), id)
    expect([names(), findings('one'), findings('two')]).toEqual([['one', 'two'], [], ['host.same-machine']])
  })

  it('are told apart where the whole machine is the same under a new key: a reinstalled one', async () => {
    const id = await join({ count: 2 })
    await enrol(makeHost({ hostname: 'one', machine: machine('a', 'x') }), id)
    await enrol(makeHost({ hostname: 'one', machine: machine('a', 'x') }), id)
    expect([names(), findings('one-2')]).toEqual([['one', 'one-2'], ['host.reinstalled']])
  })

  it('are one reinstalled machine, too, where the board has no product uuid', async () => {
    const id = await join({ count: 3 })
    const bare = { ...machine('a', 'x'), productUuid: null }
    await enrol(makeHost({ hostname: 'one', machine: bare }), id)
    await enrol(makeHost({ hostname: 'two', machine: { ...bare, macs: sha('y') } }), id)
    await enrol(makeHost({ hostname: 'one', machine: bare }), id)
    expect([findings('two'), findings('one-2')]).toEqual([['host.same-machine'], ['host.reinstalled', 'host.same-machine']])
  })

  it('take the place of a reinstalled host by a line that says so: its name, its labels, and its key is refused', async () => {
    const old = makeHost({ hostname: 'one', machine: machine('a', 'x') })
    await enrol(old, await join({ labels: { site: 'a' } }))
    const fresh = makeHost({ hostname: 'debian', machine: machine('a', 'x') })
    const id = await join({ replace: 'one', labels: { role: 'worker' } })
    expect(await enrol(fresh, id)).toMatchObject({ ok: true, nodeId: fresh.nodeId })
    expect([names(), findings('one')]).toEqual([['one'], []])
    expect([...world.coordinator.context.world.hosts.values()][0]?.labels).toEqual({ site: 'a', role: 'worker' })
    expect(await resume(old)).toMatchObject({ ok: false, code: 'revoked' })
  })

  it('never take the place of a host that is connected, unknown, or for several hosts', async () => {
    const old = makeHost({ hostname: 'one' })
    await enrol(old, await join())
    expect((await makeLine({ replace: 'two' })).json).toMatchObject({ code: 'resource.unknown' })
    expect((await makeLine({ replace: 'one', count: 2 })).json).toMatchObject({ code: 'request.invalid' })
    const id = await join({ replace: 'one' })
    const session = world.coordinator.hub.connect(old.nodeId)
    world.coordinator.events.onOpen?.(session)
    await world.coordinator.context.turn(() => Promise.resolve())
    expect((await makeLine({ replace: 'one' })).json).toMatchObject({ code: 'resource.conflict' })
    expect((await enrol(makeHost({ hostname: 'debian' }), id)).ok).toBe(true)
    expect(names()).toEqual(['one', 'one-2'])
  })

  it('are a clone where one key comes from two boots in turn, and rolled back where its boots go backwards', async () => {
    const host = makeHost({ hostname: 'one', bootCount: 5 })
    await enrol(host, await join())
    const open = async (bootId: string): Promise<void> => {
      world.coordinator.events.onOpen?.(world.coordinator.hub.connect(host.nodeId, { bootId }))
      await world.coordinator.context.turn(() => Promise.resolve())
    }
    await open('00000000-0000-4000-8000-00000000000a')
    await open('00000000-0000-4000-8000-00000000000b')
    expect(findings('one')).toEqual([])
    await open('00000000-0000-4000-8000-00000000000a')
    expect(findings('one')).toEqual(['host.clone'])
    expect(await resume({ ...host, facts: { ...host.facts, bootCount: 4 } })).toMatchObject({ ok: true })
    expect(findings('one')).toEqual(['host.clone', 'host.rolled-back'])
  })

  it.each<[string, Partial<HelloFacts>]>([
    ['boots', { bootCount: 4 }],
    ['orders', { journalHead: { count: 2, hash: null } }],
  ])('are rolled back where they tell of fewer %s, until a person has seen it', async (_, older) => {
    const host = makeHost({ hostname: 'one', bootCount: 5, journalHead: { count: 3, hash: null } })
    await enrol(host, await join())
    await resume(host)
    expect(findings('one')).toEqual([])
    const back = { ...host, facts: { ...host.facts, ...older } }
    await resume(back)
    await resume(back)
    expect(findings('one')).toEqual(['host.rolled-back'])
    expect((await call(world.coordinator, 'POST /api/v1/hosts/one/approve', { token: world.operator })).json).toMatchObject({ state: 'active', findings: [] })
    await resume(back)
    expect(findings('one')).toEqual([])
  })
})

describe('a host that comes back', () => {
  it('is known by its key, refused where it was removed, and told to wait where nobody knows it', async () => {
    const host = makeHost({ hostname: 'one' })
    await enrol(host, await join())
    expect(await resume(host)).toMatchObject({ ok: true, nodeId: host.nodeId })
    expect(await resume(makeHost())).toMatchObject({ ok: false, code: 'unknown-node' })
    expect((await call(world.coordinator, 'DELETE /api/v1/hosts/one', { token: world.operator })).json).toMatchObject({ state: 'revoked' })
    expect(await resume(host)).toMatchObject({ ok: false, code: 'revoked' })
    expect(names()).toEqual([])
    await enrol(makeHost({ hostname: 'one' }), await join())
    expect(names()).toEqual(['one'])
  })

  it('is taken in again by our own signature, where this coordinator was set back to before it enrolled', async () => {
    const host = makeHost({ hostname: 'one' })
    const claimed = { nodeId: host.nodeId, serial: 1, at: 5 } as never
    expect(await resume(host, claimed)).toMatchObject({ ok: true, nodeId: host.nodeId, enrolledAt: 5 })
    expect(names()).toEqual(['one'])
  })

  it('keeps the state that it was given while its own messages were on their way', async () => {
    const host = makeHost({ hostname: 'one' })
    await enrol(host, await join({ approve: 'manual' }))
    const session = world.coordinator.hub.connect(host.nodeId, { state: 'pending' })
    const facts = { ageMs: 0, facts: BARE_TOLD, cluster: null }
    await Promise.all([
      world.coordinator.handlers.facts(session, facts, { id: 'f', waitedMs: 0 }),
      call(world.coordinator, 'POST /api/v1/hosts/one/approve', { token: world.operator }),
      world.coordinator.handlers.inventory(session, { ageMs: {}, sections: {} }, { id: 'i', waitedMs: 0 }),
    ])
    expect([...world.coordinator.context.world.hosts.values()][0]?.state).toBe('active')
  })
})
