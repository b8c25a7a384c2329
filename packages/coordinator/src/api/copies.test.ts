import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyRange } from '@drover/protocol'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { type CopyOrder, listen, orderCopy, orderFetch, sealWhole, snapshotOf } from '@drover/test/kit/coordinator/copy-order.ts'
import { enrolHost, makeScriptedHost, type ScriptedHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { copyFiles } from '../copies/files.ts'
import { readEvents } from '../store/events.ts'

const PLAIN = randomBytes(1_048_576 + 500)
const SNAPSHOT = snapshotOf(PLAIN)
const PLENTY = 10 ** 12
const world = {} as { coordinator: TestCoordinator; host: ScriptedHost; order: CopyOrder; sealed: Buffer; free: number; admin: string; url: string }

beforeEach(async () => {
  world.free = PLENTY
  world.coordinator = await startTestCoordinator({ freeBytes: async () => world.free })
  world.host = makeScriptedHost({ name: 'node-1', ip: '10.0.0.11' })
  await enrolHost(world.coordinator, world.host)
  world.order = await orderCopy(world.coordinator, world.host, SNAPSHOT)
  world.sealed = sealWhole(world.order.sealer, PLAIN)
  world.admin = await world.coordinator.token('admin')
  world.url = await listen(world.coordinator)
})
afterEach(() => world.coordinator.remove())

type Put = { readonly from?: number; readonly body?: Buffer; readonly authorization?: string; readonly path?: string; readonly range?: string; readonly type?: string }

/** A body goes over a real connection: streams are looked after by their sockets. */
const put = ({ from = 0, body = world.sealed.subarray(from), authorization = world.order.authorization, path = world.order.path, range = copyRange(from, world.sealed.length), type = 'application/octet-stream' }: Put = {}): Promise<Pick<TestAnswer, 'status' | 'json'>> =>
  new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': type, 'content-length': body.length, 'content-range': range }
    const sent = request(`${world.url}${path}`, { method: 'PUT', headers, rejectUnauthorized: false, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(Buffer.concat(parts).toString()) as TestAnswer['json'] }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
const ask = (authorization = world.order.authorization, path = world.order.path): Promise<TestAnswer> => call(world.coordinator, `GET ${path}`, { headers: { authorization } })
const api = (line: 'GET' | 'DELETE', token = world.admin): Promise<TestAnswer> => call(world.coordinator, `${line} /api/v1/clusters/home/snapshots/${SNAPSHOT.name}/copy`, { token })
const folder = (): string => join(world.coordinator.context.home.snapshots, 'home')
const files = (): string[] => (existsSync(folder()) ? readdirSync(folder()) : [])
const total = (): number => world.sealed.length
const WHOLE = (): TestAnswer['json'] => ({ bytes: total(), total: total(), whole: true })

/** Sends the beginning of a body over a real connection, then cuts it; resolves when what came is on the disk. */
const cutAt = async (bytes: number): Promise<void> => {
  const headers = { authorization: world.order.authorization, 'content-type': 'application/octet-stream', 'content-length': total(), 'content-range': copyRange(0, total()) }
  const sent = request(`${world.url}${world.order.path}`, { method: 'PUT', headers, rejectUnauthorized: false }).on('error', () => undefined)
  sent.write(world.sealed.subarray(0, bytes))
  await expect.poll(async () => (await ask()).json['bytes']).toBe(bytes)
  sent.destroy()
}

describe('a copy', () => {
  it('that comes whole is opened, kept for the coordinator alone, told and listed', async () => {
    expect((await ask()).json).toEqual({ bytes: 0, total: total(), whole: false })
    expect((await put()).json).toEqual(WHOLE())
    expect(files()).toEqual([`${SNAPSHOT.name}.copy`])
    expect(readFileSync(join(folder(), `${SNAPSHOT.name}.copy`)).equals(world.sealed)).toBe(true)
    expect([folder(), join(folder(), `${SNAPSHOT.name}.copy`)].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600])
    expect((await readEvents(world.coordinator.context.db, 0, 200)).map(({ said }) => said.code)).toContain('snapshot.copied')
    const listed = await call(world.coordinator, 'GET /api/v1/snapshots', { token: world.admin })
    expect(JSON.parse(listed.text)).toMatchObject([{ name: SNAPSHOT.name, host: null, opens: null, copied: world.coordinator.clock.now() }])
  })

  it('is given opened to admins alone', async () => {
    await put()
    const answer = await world.coordinator.app.inject({ method: 'GET', url: `/api/v1/clusters/home/snapshots/${SNAPSHOT.name}/copy`, headers: { host: '10.0.0.1:8443', authorization: `Bearer ${world.admin}` } })
    expect(answer.rawPayload.equals(PLAIN)).toBe(true)
    for (const role of ['viewer', 'auditor', 'operator'] as const) expect((await api('GET', await world.coordinator.token(role))).status).toBe(403)
    expect(await call(world.coordinator, 'GET /api/v1/clusters/home/snapshots/nothing/copy', { token: world.admin })).toMatchObject({ status: 404, json: { code: 'copy.unknown' } })
  })

  it('is known again after a new start, by its file', async () => {
    await put()
    await world.coordinator.stop()
    const { root, clock } = world.coordinator
    world.coordinator = await startTestCoordinator({ root, clock })
    expect([...world.coordinator.context.world.copies.values()].map(({ snapshot }) => snapshot)).toEqual([SNAPSHOT])
  })

  it('can be deleted where no host has the snapshot any more', async () => {
    await put()
    expect((await api('DELETE')).json).toEqual({ deleted: SNAPSHOT.name })
    expect(files()).toEqual([])
    expect((await api('DELETE')).json).toMatchObject({ code: 'copy.unknown' })
  })

  it('that was cut in the middle goes on from there, also after a new start', async () => {
    await cutAt(700_000)
    expect((await ask()).json).toMatchObject({ bytes: 700_000, whole: false })
    await world.coordinator.stop()
    const { root, clock } = world.coordinator
    world.coordinator = await startTestCoordinator({ root, clock })
    world.url = await listen(world.coordinator)
    expect((await put({ from: 700_000 })).json).toEqual(WHOLE())
    expect(readFileSync(join(folder(), `${SNAPSHOT.name}.copy`)).equals(world.sealed)).toBe(true)
  })

  it('that had come whole when the coordinator was ended is taken in at the next try', async () => {
    await ask()
    writeFileSync(copyFiles(world.coordinator.context.home.snapshots, SNAPSHOT).part, world.sealed)
    expect((await ask()).json).toEqual({ bytes: total() - 1, total: total(), whole: false })
    expect((await put({ from: total() - 1 })).json).toEqual(WHOLE())
  })

  it('may be sent again from an earlier place', async () => {
    await cutAt(700_000)
    expect((await put({ from: 300_000 })).json).toEqual(WHOLE())
  })

  it('that hangs on a dead connection gives way to the next try', async () => {
    const headers = { authorization: world.order.authorization, 'content-type': 'application/octet-stream', 'content-length': total(), 'content-range': copyRange(0, total()) }
    const dead = request(`${world.url}${world.order.path}`, { method: 'PUT', headers, rejectUnauthorized: false })
    const cut = new Promise((resolve) => void dead.on('error', resolve))
    dead.write(world.sealed.subarray(0, 5000))
    await expect.poll(async () => (await ask()).json['bytes']).toBe(5000)
    expect((await put({ from: 5000 })).json).toEqual(WHOLE())
    await cut
  })
})

describe('a ticket', () => {
  const refused = { status: 401, json: { code: 'copy.ticket' } }

  it.each<[string, () => string]>([
    ['no ticket', () => ''],
    ['an API token', () => `Bearer ${world.admin}`],
    ['a ticket with one letter changed', () => world.order.authorization.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))],
    ['a ticket of an order that does not exist', () => world.order.authorization.replace(/ord-.{16}/, `ord-${'a'.repeat(16)}`)],
    ['a ticket without a MAC', () => `Ticket ${world.order.id}.`],
    ['two tickets', () => `${world.order.authorization}, ${world.order.authorization}`],
  ])('%s lets nobody in', async (_what, authorization) => {
    expect(await put({ authorization: authorization() })).toMatchObject(refused)
    expect(await ask(authorization())).toMatchObject(refused)
    expect(files()).toEqual([])
  })

  it('is good for its own snapshot alone', async () => {
    const other = await orderCopy(world.coordinator, world.host, snapshotOf(PLAIN, { name: 'manual-bbbbbbbbbbbbbbbb' }))
    expect(await put({ authorization: other.authorization })).toMatchObject(refused)
    expect(await ask(other.authorization, world.order.path.replace('/home/', '/other/'))).toMatchObject(refused)
    expect(await ask(other.authorization, other.path)).toMatchObject({ status: 200 })
  })

  it('is good once, and only while its order goes on', async () => {
    await put()
    expect(await put()).toMatchObject(refused)
    expect((await ask()).json).toEqual(WHOLE())
    const { orders } = world.coordinator.context.world
    const row = orders.get(world.order.id)
    if (row !== undefined) orders.set(row.id, { ...row, endedAt: 1 })
    expect(await ask()).toMatchObject(refused)
  })

  it('of an order of another kind is none', async () => {
    const { orders } = world.coordinator.context.world
    const row = orders.get(world.order.id)
    if (row !== undefined) orders.set(row.id, { ...row, kind: 'snapshot.take' })
    expect(await ask()).toMatchObject(refused)
  })
})

describe('what does not fit is refused', () => {
  it.each<[string, () => Put]>([
    ['a range behind what is there', () => ({ from: 10 })],
    ['a range of another length', () => ({ range: copyRange(0, world.sealed.length + 1) })],
    ['a range that ends early', () => ({ range: `bytes 0-9/${String(world.sealed.length)}`, body: world.sealed.subarray(0, 10) })],
    ['a body that is longer than its range', () => ({ body: Buffer.concat([world.sealed, Buffer.alloc(1)]) })],
    ['a body that is shorter than its range', () => ({ body: world.sealed.subarray(0, 100) })],
    ['no range', () => ({ range: '' })],
  ])('%s', async (_what, about) => {
    expect(await put(about())).toMatchObject({ status: 409, json: { code: 'copy.range' } })
    expect(files()).toEqual([])
  })

  it.each<[string, (sealed: Buffer) => Buffer]>([
    ['a bit flipped', (sealed) => Buffer.from(sealed.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)))],
    ['another head', (sealed) => Buffer.concat([Buffer.from('x'), sealed.subarray(1)])],
    ['zeros', (sealed) => Buffer.alloc(sealed.length)],
  ])('bytes that do not open: %s; nothing of them stays', async (_what, change) => {
    expect(await put({ body: change(world.sealed) })).toMatchObject({ status: 422, json: { code: 'copy.damaged' } })
    expect(files()).toEqual([])
    expect((await put()).json).toEqual(WHOLE())
  })

  it('a copy that another cluster sealed', async () => {
    const other = await orderCopy(world.coordinator, world.host, snapshotOf(PLAIN, { cluster: 'other' }))
    const frames = sealWhole(other.sealer, PLAIN).subarray(other.sealer.head.length)
    expect(await put({ body: Buffer.concat([world.order.sealer.head, frames]) })).toMatchObject({ status: 422, json: { code: 'copy.damaged' } })
  })

  it('a snapshot whose bytes are not those that its host reported', async () => {
    const rotten = Buffer.from(PLAIN.map((byte, at) => (at === 77 ? byte ^ 1 : byte)))
    expect(await put({ body: sealWhole(world.order.sealer, rotten) })).toMatchObject({ status: 422, json: { code: 'copy.damaged' } })
  })

  it('another type of body', async () => {
    expect(await put({ type: 'image/png' })).toMatchObject({ status: 415, json: { code: 'request.media' } })
    expect(await put({ type: 'application/json', body: Buffer.from('{}') })).toMatchObject({ status: 409, json: { code: 'copy.range' } })
  })

  it('more than the disk holds, before it comes, with what is needed', async () => {
    world.free = 300_000_000
    expect((await ask()).status).toBe(200)
    world.free = 268_000_000
    const answer = await ask()
    expect(answer).toMatchObject({ status: 507, json: { code: 'copy.space' } })
    expect(String(answer.json['message'])).toMatch(/^255 MB are free .* 25[78] MB are needed/)
    expect((await put()).status).toBe(507)
    expect(files()).toEqual([])
  })
})

/** All bytes that come before the connection ends, and whether it ended well. */
const bytesOf = (path: string, authorization: string): Promise<{ readonly status: number; readonly bytes: Buffer; readonly isWhole: boolean }> =>
  new Promise((resolve, reject) => {
    const sent = request(`${world.url}${path}`, { headers: { authorization }, rejectUnauthorized: false, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', () => undefined)
      answer.on('close', () => resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(parts), isWhole: answer.complete }))
    })
    sent.on('error', reject)
    sent.end()
  })

it('a copy that rots on the coordinator is not given out', async () => {
  await put()
  const path = join(folder(), `${SNAPSHOT.name}.copy`)
  const bytes = readFileSync(path)
  writeFileSync(path, Buffer.from(bytes.map((byte, at) => (at === bytes.length - 30 ? byte ^ 1 : byte))))
  const got = await bytesOf(`/api/v1/clusters/home/snapshots/${SNAPSHOT.name}/copy`, `Bearer ${world.admin}`)
  expect([got.isWhole, got.bytes.equals(PLAIN.subarray(0, 1_048_576))]).toEqual([false, true])
})

describe('a copy that goes back to a host', () => {
  it('is given opened for the ticket of an order to fetch it, and for no other', async () => {
    await put()
    const fetch = await orderFetch(world.coordinator, world.host, SNAPSHOT)
    expect(await bytesOf(`${fetch.path}/file`, fetch.authorization)).toEqual({ status: 200, bytes: PLAIN, isWhole: true })
    for (const authorization of [world.order.authorization, `Bearer ${world.admin}`]) expect((await bytesOf(`${fetch.path}/file`, authorization)).status).toBe(401)
    expect(await ask(fetch.authorization)).toMatchObject({ status: 401 })
    expect((await put({ authorization: fetch.authorization })).status).toBe(401)
  })

  it('must be there', async () => {
    const fetch = await orderFetch(world.coordinator, world.host, SNAPSHOT)
    expect((await bytesOf(`${fetch.path}/file`, fetch.authorization)).status).toBe(404)
  })
})
