import { afterEach, beforeEach, expect, it } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { driveUntil, enrolSite, runState, type Site, SMALL } from '@drover/test/kit/coordinator/drive.ts'
import { openOrders } from './world.ts'

const world = {} as { coordinator: TestCoordinator; site: Site; admin: string }
beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.site = await enrolSite(world.coordinator)
  world.admin = await world.coordinator.token('admin')
})
afterEach(() => world.coordinator.remove())

const ask = (line: Parameters<typeof call>[1], body?: object): Promise<TestAnswer> => call(world.coordinator, line, { token: world.admin, ...(body === undefined ? {} : { body }) })
const approve = ({ json }: TestAnswer): Promise<TestAnswer> => ask(`POST /api/v1/forecasts/${String(json['id'])}/approve`, { hash: json['hash'] })
const isThere = (): boolean => world.coordinator.context.world.clusters.has('home')

it('of a removed host are none, also after a restart: a cluster of the same name would wait for them for ever', async () => {
  await approve(await ask('POST /api/v1/clusters/home/forecast', { spec: SMALL }))
  await driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === 'done' })
  await approve(await ask('POST /api/v1/clusters/home/deletion', { confirm: 'home' }))
  await driveUntil(world.coordinator, world.site, { until: () => !isThere() })
  for (const host of world.site.hosts) expect((await ask(`DELETE /api/v1/hosts/${host.name}`)).status).toBe(200)
  await world.coordinator.stop()
  const { root, clock } = world.coordinator
  world.coordinator = await startTestCoordinator({ root, clock })
  expect(world.coordinator.context.world.orders.size).toBeGreaterThan(0)
  expect(openOrders(world.coordinator.context.world, 'home')).toEqual([])
})
