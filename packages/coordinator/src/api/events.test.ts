import type { AddressInfo } from 'node:net'
import { request } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { say } from '@drover/protocol'
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
})
