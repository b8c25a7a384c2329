import { createServer, type AddressInfo, type Server } from 'node:net'
import { HostIdSchema } from '@drover/protocol'
import { afterEach, expect, test } from 'vitest'
import { probe } from './probe.ts'

const host = HostIdSchema.parse('h-aaaaaaaaaaaaaaaa')
const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

const listen = async (): Promise<number> => {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

test('a port that listens is open, one that does not is refused: both were reached, in the order asked', async () => {
  const open = await listen()
  const closed = 1 // a port that was free a moment ago may be another program's by now
  const targets = [closed, open].map((port) => ({ host, ip: '127.0.0.1', port }))
  const { id, results } = await probe({ id: 'p1', from: '127.0.0.1', targets, tries: 3 })
  expect(id).toBe('p1')
  expect(results.map(({ port, outcome }) => [port, outcome])).toEqual([[closed, 'refused'], [open, 'open']])
  expect(results.every(({ connectUs }) => connectUs !== null && connectUs > 0)).toBe(true)
})

test('an address that is not ours to dial from reaches nothing', async () => {
  const port = await listen()
  const { results } = await probe({ id: 'p2', from: '192.0.2.1', targets: [{ host, ip: '127.0.0.1', port }], tries: 1 })
  expect(results).toMatchObject([{ outcome: 'unreachable', connectUs: null }])
})
