import { type AddressInfo, connect } from 'node:net'
import { fastify, type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { useBodyTime } from './body-time.ts'
import type { Api } from './types.ts'

const world = {} as { app: FastifyInstance }

beforeEach(async () => {
  world.app = fastify()
  useBodyTime(world.app as unknown as Api, 200)
  world.app.post('/', () => 'all there')
  await world.app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => world.app.close())

/** Sends a head and then a byte now and again, for as long as the connection is there; all that came back. */
const trickle = (type: string): Promise<string> =>
  new Promise((resolve) => {
    let got = ''
    const socket = connect({ host: '127.0.0.1', port: (world.app.server.address() as AddressInfo).port })
    socket.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n\r\n`)
    const bytes = setInterval(() => socket.write(' '), 20)
    socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(bytes)
      resolve(got)
    })
  })

it('ends a request whose body does not come', async () => {
  expect(await trickle('application/json')).toMatch(/^HTTP\/1\.1 408 /)
})

it('ends the connection of one that was refused before its body was read, and takes no harm', async () => {
  expect(await trickle('image/png')).toMatch(/^HTTP\/1\.1 415 /)
  expect((await world.app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'application/json' }, payload: '{}' })).body).toBe('all there')
})
