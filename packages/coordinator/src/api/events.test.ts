import type { AddressInfo } from 'node:net'
import { request } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { say } from '@drover/protocol'
import { call } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { eventually } from '@drover/test/kit/wire/eventually.ts'

const world = {} as { coordinator: TestCoordinator; token: string; port: number }

beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.token = await world.coordinator.token('viewer')
  await world.coordinator.app.listen({ host: '127.0.0.1', port: 0 })
  world.port = (world.coordinator.app.server.address() as AddressInfo).port
})
afterEach(() => world.coordinator.remove())

type Reader = { text: string; readonly seqs: () => number[]; readonly close: () => void }

const read = async (path: string, headers: Record<string, string> = {}): Promise<Reader> => {
  const reader: Reader = { text: '', seqs: () => [...reader.text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq)), close: () => undefined }
  const asked = request({ host: '127.0.0.1', port: world.port, path, rejectUnauthorized: false, headers: { host: '127.0.0.1', authorization: `Bearer ${world.token}`, ...headers } })
  asked.on('error', () => undefined)
  asked.on('response', (answer) => answer.setEncoding('utf8').on('data', (chunk: string) => (reader.text += chunk)))
  asked.end()
  await eventually('the stream is open', () => reader.text.startsWith(': drover\n\n'))
  return { ...reader, get text() { return reader.text }, close: () => void asked.destroy() }
}
const statusOf = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: world.port, path, rejectUnauthorized: false, headers: { host: '127.0.0.1', authorization: `Bearer ${world.token}` } })
    asked.on('response', (answer) => {
      answer.on('error', () => undefined)
      asked.destroy()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
const tell = (host: string): Promise<void> => world.coordinator.context.tell({ at: 1, host, said: say('host.online', { host }) })

describe('server-sent events', () => {
  it('tell what happens from now on', async () => {
    await tell('before')
    const reader = await read('/api/v1/events')
    await tell('after')
    await eventually('the event came', () => reader.seqs().length === 1)
    expect(reader.seqs()).toEqual([2])
    expect(reader.text).toContain('"host":"after"')
    reader.close()
  })

  it('go on after the last one that a reader has, each once and in order, however many there were', async () => {
    for (let count = 0; count < 1205; count += 1) await tell(`host-${String(count)}`)
    const reader = await read('/api/v1/events', { 'last-event-id': '3' })
    for (let count = 0; count < 20; count += 1) await tell('live')
    await eventually('all came', () => reader.seqs().length >= 1222)
    expect(reader.seqs()).toEqual(Array.from({ length: 1222 }, (_, index) => index + 4))
    reader.close()
  })

  it('give a long history to a reader that takes it slowly', async () => {
    const { db } = world.coordinator.context
    const said = JSON.stringify(say('host.online', { host: 'x'.repeat(900) }))
    for (let count = 0; count < 12; count += 1) await db.insertInto('event').values(Array.from({ length: 1000 }, () => ({ at: 1, cluster: null, host: null, run: null, said }))).execute()
    const reader = await read('/api/v1/events?after=0')
    await tell('at the end')
    await eventually('all came', () => reader.text.includes('"host":"at the end"'))
    expect(reader.seqs()).toEqual(Array.from({ length: 12_001 }, (_, index) => index + 1))
    reader.close()
  })

  it('go to ten readers of one person, and to another one where one of them has left', async () => {
    const readers = await Promise.all(Array.from({ length: 10 }, () => read('/api/v1/events')))
    const refused = await call(world.coordinator, 'GET /api/v1/events', { token: world.token })
    expect([refused.status, refused.json['code'], refused.headers['retry-after']]).toEqual([429, 'request.rate', '30'])
    expect((await call(world.coordinator, 'GET /api/v1/hosts', { token: world.token })).status).toBe(200)
    readers[0]?.close()
    let status = 0
    while (status !== 200) status = await statusOf('/api/v1/events')
    for (const reader of readers) reader.close()
  })
})
