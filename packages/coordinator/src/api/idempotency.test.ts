import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fastify, type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { eventually } from '@drover/test/kit/wire/eventually.ts'
import { useIdempotency } from './idempotency.ts'

type World = { coordinator: TestCoordinator; app: FastifyInstance; begun: number; aborted: number; letOn: () => void }
const world = {} as World

beforeEach(async () => {
  Object.assign(world, { begun: 0, aborted: 0, coordinator: await startTestCoordinator(), app: fastify() })
  const gate = new Promise<void>((resolve) => (world.letOn = resolve))
  const { app } = world
  app.decorateRequest('principal')
  app.decorateRequest('replay', null)
  app.addHook('onRequest', async (asked) => void (asked.principal = { name: 'ada', role: 'admin' }))
  app.addHook('onRequestAbort', async (_asked) => void (world.aborted += 1))
  useIdempotency(app, world.coordinator.context)
  app.post('/quick', () => ({ quick: true }))
  app.post('/slow', async () => {
    world.begun += 1
    const mine = world.begun
    await gate
    return { mine }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await world.app.close()
  await world.coordinator.remove()
})

const post = (url: string, key: string): Promise<{ body: string }> => world.app.inject({ method: 'POST', url, headers: { 'idempotency-key': key } })

it('does once what it was asked for, also where who asked hangs up and asks again before it is done', async () => {
  const { port } = world.app.server.address() as AddressInfo
  const left = request({ host: '127.0.0.1', port, method: 'POST', path: '/slow', headers: { 'idempotency-key': 'key-of-ada' } })
  left.on('error', () => undefined)
  left.end()
  await eventually('it has begun', () => world.begun === 1)
  left.destroy()
  await eventually('the coordinator noticed', () => world.aborted === 1)
  const again = post('/slow', 'key-of-ada')
  await post('/quick', 'another-key-of-ada')
  world.letOn()
  expect((await again).body).toBe('{"mine":1}')
  expect((await post('/slow', 'key-of-ada')).body).toBe('{"mine":1}')
  expect(world.begun).toBe(1)
})
