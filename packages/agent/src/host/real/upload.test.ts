import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { type CopyOrder, listen, orderCopy, sealWhole, snapshotOf } from '@drover/test/kit/coordinator/copy-order.ts'
import { enrolHost, makeScriptedHost, type ScriptedHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { absolutePath } from '../path.ts'
import { askUploaded, uploadFrom } from './upload.ts'

const PLAIN = randomBytes(3 * 1_048_576 + 77)
const SNAPSHOT = snapshotOf(PLAIN)
const held = {} as { root: string; coordinator: TestCoordinator; host: ScriptedHost; url: string; order: CopyOrder; proxy: Server | null }

beforeEach(async () => {
  held.root = mkdtempSync(join(tmpdir(), 'drover-upload-'))
  held.coordinator = await startTestCoordinator()
  held.host = makeScriptedHost({ name: 'node-1', ip: '10.0.0.11' })
  held.proxy = null
  await enrolHost(held.coordinator, held.host)
  held.url = await listen(held.coordinator)
  held.order = await orderCopy(held.coordinator, held.host, SNAPSHOT)
  writeFileSync(`${held.root}/state.db`, PLAIN)
})
afterEach(async () => {
  held.proxy?.close()
  await held.coordinator.remove()
  rmSync(held.root, { recursive: true })
})

const pin = (): string => held.coordinator.context.keys.pin.replace('sha256//', '')
const target = (more: { readonly base?: string; readonly pin?: string } = {}) => ({ url: `${more.base ?? held.url}${held.order.path}`, pin: more.pin ?? pin(), authorization: held.order.authorization })
const signal = new AbortController().signal
const upload = (more: { readonly base?: string; readonly pin?: string; readonly onBytes?: (bytes: number, total: number) => void } = {}) =>
  uploadFrom(held.root, { ...target(more), from: absolutePath('/state.db'), sealer: held.order.sealer, onBytes: more.onBytes ?? (() => undefined) }, signal)
const whole = (): Buffer => readFileSync(join(held.coordinator.context.home.snapshots, 'home', `${SNAPSHOT.name}.copy`))

/** Resolves when the coordinator has at least half of what was passed on. */
const arrived = (passed: number): Promise<void> => expect.poll(async () => (await askUploaded(target(), signal)).bytes, { timeout: 20_000 }).toBeGreaterThanOrEqual(passed / 2)

/** Passes bytes on and cuts each connection after so many of them, as often as it is told. */
const cutting = (after: number, times: number): Promise<string> => {
  let left = times
  const to = Number(new URL(held.url).port)
  const proxy = createServer((client) => {
    const server = connect(to, '127.0.0.1')
    let passed = 0
    client.on('data', (chunk) => {
      passed += chunk.length
      if (left > 0 && passed > after) {
        left -= 1
        client.pause()
        server.write(chunk)
        void arrived(after).finally(() => [client, server].forEach((socket) => socket.destroy()))
      } else if (!server.write(chunk)) client.pause()
    })
    server.on('drain', () => client.resume())
    server.pipe(client)
    for (const socket of [client, server]) socket.on('error', () => undefined)
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  })
  held.proxy = proxy
  return new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(`https://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`)))
}

describe('an upload', () => {
  it('brings all of a snapshot, sealed, and says how far it is', async () => {
    const told: number[] = []
    expect(await upload({ onBytes: (bytes) => told.push(bytes) })).toEqual({ sent: held.order.sealer.layout.total })
    expect(whole().equals(sealWhole(held.order.sealer, PLAIN))).toBe(true)
    expect([told[0], told.at(-1)]).toEqual([0, held.order.sealer.layout.total])
    expect(await askUploaded(target(), signal)).toMatchObject({ whole: true })
    expect(await upload()).toEqual({ sent: 0 })
  })

  it('that is cut off in the middle goes on from there: little is sent twice', async () => {
    const base = await cutting(2_000_000, 1)
    const { sent } = await upload({ base })
    expect(whole().equals(sealWhole(held.order.sealer, PLAIN))).toBe(true)
    const { total } = held.order.sealer.layout
    expect(sent).toBeGreaterThan(total)
    expect(sent).toBeLessThan(2 * total - 1_000_000)
  })

  it('is given up where nothing gets through, and says so', async () => {
    await expect(upload({ base: await cutting(0, 1000) })).rejects.toMatchObject({ code: 'copy.unreached' })
  })

  it('goes to no other than the pinned coordinator', async () => {
    await expect(upload({ pin: 'A'.repeat(43) })).rejects.toMatchObject({ code: 'copy.unreached', message: expect.stringContaining('its key is not the pinned one') as string })
    await expect(upload({ base: held.url.replace('https', 'http') })).rejects.toMatchObject({ code: 'copy.unreached' })
  })

  it('tells what the coordinator answers', async () => {
    held.coordinator.context.world.orders.delete(held.order.id)
    await expect(upload()).rejects.toMatchObject({ code: 'copy.ticket' })
  })

  it('of a file that became shorter meanwhile ends', async () => {
    truncateSync(`${held.root}/state.db`, 2_000_000)
    await expect(upload()).rejects.toMatchObject({ code: 'snapshot.damaged' })
  })
})
