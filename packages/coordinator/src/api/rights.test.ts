import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeToken, tokenText } from '@drover/protocol/node'
import { call } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import type { ApiRole } from '../store/schema.ts'
import { hasRight, type Right } from './authorize.ts'
import { useRights } from './rights.ts'
import type { Api, RouteRight } from './types.ts'

const ROLES: readonly ApiRole[] = ['viewer', 'auditor', 'operator', 'admin']
const world = {} as { coordinator: TestCoordinator; tokens: Record<ApiRole, string>; bad: Record<string, string | undefined> }

beforeAll(async () => {
  const coordinator = await startTestCoordinator()
  const { token, clock } = coordinator
  world.coordinator = coordinator
  world.tokens = { viewer: await token('viewer'), auditor: await token('auditor'), operator: await token('operator'), admin: await token('admin') }
  world.bad = {
    'no token': undefined,
    'a join token': tokenText(makeToken('join')),
    'a token that nobody made': tokenText(makeToken('api')),
    'an expired token': await token('admin', { expiresAt: clock.now() }),
    'a revoked token': await token('admin', { revokedAt: clock.now() - 1 }),
    'a token with one letter changed': world.tokens.admin.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
  }
})
afterAll(() => world.coordinator.remove())

const pathOf = (url: string): string =>
  url
    .replace(':name', 'nobody')
    .replace(':sha256', 'a'.repeat(64))
    .replace('forecasts/:id', `forecasts/fc-${'a'.repeat(16)}`)
    .replace('runs/:id', `runs/run-${'a'.repeat(16)}`)
    .replace('requests/:id', `requests/req-${'a'.repeat(16)}`)
    .replace(':id', 'a'.repeat(10))

const ask = async ({ method, url }: RouteRight, token?: string): Promise<number> => {
  // Failed tokens are counted per minute; that limit has its own test.
  world.coordinator.clock.advance(61_000)
  const line = `${method} ${pathOf(url)}` as 'GET /'
  return (await call(world.coordinator, line, { ...(token === undefined ? {} : { token }), ...(method === 'POST' ? { body: {} } : {}) })).status
}

describe('every route', () => {
  it('declares its right, and these are all', () => {
    expect(world.coordinator.app.routeRights.map(({ method, url, right }) => `${method} ${url}: ${right}`)).toMatchInlineSnapshot(`
      [
        "GET /api/v1/health: public",
        "GET /api/v1/hosts: read",
        "GET /api/v1/hosts/:name: read",
        "POST /api/v1/hosts/:name/approve: operate",
        "DELETE /api/v1/hosts/:name: operate",
        "GET /api/v1/hosts/:name/logs: read",
        "GET /api/v1/clusters: read",
        "GET /api/v1/clusters/:name: read",
        "GET /api/v1/clusters/:name/members: read",
        "POST /api/v1/clusters/:name/forecast: operate",
        "POST /api/v1/clusters/:name/deletion: admin",
        "POST /api/v1/clusters/:name/kubeconfig: secret",
        "GET /api/v1/requests/:id: read",
        "GET /api/v1/forecasts/:id: read",
        "POST /api/v1/forecasts/:id/approve: operate",
        "GET /api/v1/runs: read",
        "GET /api/v1/runs/:id: read",
        "POST /api/v1/runs/:id/cancel: operate",
        "POST /api/v1/runs/:id/dialled: operate",
        "POST /api/v1/runs/:id/retry: operate",
        "GET /api/v1/tokens: read",
        "POST /api/v1/tokens: operate",
        "DELETE /api/v1/tokens/:id: operate",
        "GET /api/v1/artifacts: read",
        "GET /artifacts/sha256/:sha256: public",
        "GET /api/v1/snapshots: read",
        "POST /api/v1/clusters/:name/snapshots: operate",
        "POST /api/v1/clusters/:name/snapshots/:snapshot/deletion: admin",
        "POST /api/v1/clusters/:name/restoration: admin",
        "GET /snapshots/copies/:cluster/:snapshot/file: ticket",
        "GET /snapshots/copies/:cluster/:snapshot: ticket",
        "GET /api/v1/clusters/:name/snapshots/:snapshot/copy: secret",
        "DELETE /api/v1/clusters/:name/snapshots/:snapshot/copy: admin",
        "GET /api/v1/firings: read",
        "GET /api/v1/events: read",
        "GET /install.sh: public",
        "PUT /api/v1/artifacts/:sha256: operate",
        "PUT /snapshots/copies/:cluster/:snapshot: ticket",
      ]
    `)
  })

  it('refuses whoever has no good token, unless it is public', async () => {
    for (const route of world.coordinator.app.routeRights) {
      for (const [what, token] of Object.entries(world.bad)) {
        const isRefused = (await ask(route, token)) === 401
        expect({ ...route, what, isRefused }).toEqual({ ...route, what, isRefused: route.right !== 'public' })
      }
    }
  })

  it('lets in the roles that have its right, and answers 403 to the others', async () => {
    for (const route of world.coordinator.app.routeRights.filter(({ url, right }) => url !== '/api/v1/events' && right !== 'ticket')) {
      for (const role of ROLES) {
        const status = await ask(route, world.tokens[role])
        const answer = [401, 403].includes(status) ? status : 'let in'
        expect({ ...route, role, answer }).toEqual({ ...route, role, answer: hasRight(role, route.right) ? 'let in' : 403 })
      }
    }
  })
})

describe('rights', () => {
  it('grant secrets and settings to admins alone', () => {
    const rights: readonly Right[] = ['public', 'read', 'operate', 'secret', 'admin']
    expect(Object.fromEntries(ROLES.map((role) => [role, rights.filter((right) => hasRight(role, right))]))).toEqual({
      viewer: ['public', 'read'],
      auditor: ['public', 'read'],
      operator: ['public', 'read', 'operate'],
      admin: ['public', 'read', 'operate', 'secret', 'admin'],
    })
  })

  it('of a route that declares none fail the boot', () => {
    const app = fastify() as unknown as Api
    useRights(app, world.coordinator.context)
    expect(() => app.get('/forgotten', () => 'hello')).toThrow('route GET /forgotten declares no right')
  })
})

describe('failed tokens', () => {
  it('block their address for a quarter of an hour after twenty, also for a good token', async () => {
    const { coordinator, tokens } = world
    coordinator.clock.advance(61_000)
    const statuses: number[] = []
    for (let count = 0; count < 21; count += 1) statuses.push((await call(coordinator, 'GET /api/v1/hosts', { token: 'drvp1_x' })).status)
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429])
    const blocked = await call(coordinator, 'GET /api/v1/hosts', { token: tokens.admin })
    expect(blocked.json).toMatchObject({ code: 'request.rate' })
    expect(blocked.headers['retry-after']).toBe('900')
    coordinator.clock.advance(899_000)
    expect((await call(coordinator, 'GET /api/v1/hosts', { token: tokens.admin })).headers['retry-after']).toBe('1')
    expect((await call(coordinator, 'GET /api/v1/health')).status).toBe(200)
    coordinator.clock.advance(1_001)
    expect((await call(coordinator, 'GET /api/v1/hosts', { token: tokens.admin })).status).toBe(200)
  })
})
