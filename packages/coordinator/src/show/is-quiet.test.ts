import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { connectSite, driveUntil, enrolSite, runState, type Site, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { cutHost } from '@drover/test/kit/coordinator/scripted-host.ts'

type World = { coordinator: TestCoordinator; site: Site; admin: string }
const world = {} as World
const OTHER = `${SMALL}options: { disable: [traefik] }\n`

const forecast = (spec: string): Promise<TestAnswer> => call(world.coordinator, 'POST /api/v1/clusters/home/forecast', { token: world.admin, body: { spec } })
const approve = async ({ json }: TestAnswer): Promise<TestAnswer> => {
  const run = await call(world.coordinator, `POST /api/v1/forecasts/${String(json['id'])}/approve`, { token: world.admin, body: { hash: json['hash'] } })
  expect(run).toMatchObject({ status: 201 })
  return run
}
const until = (state: string): Promise<void> => driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === state })
const seconds = async (count: number): Promise<void> => {
  for (let second = 0; second < count; second += 1) await step(world.coordinator, world.site)
}
const sent = (kind: string): number => world.site.hosts.flatMap((host) => host.ledger).filter((order) => order.kind === kind).length

beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.site = await enrolSite(world.coordinator)
  world.admin = await world.coordinator.token('admin')
  await approve(await forecast(SMALL))
  await until('done')
})
afterEach(() => world.coordinator.remove())

describe('a forecast without steps', () => {
  it('is quiet where the spec is the one that was approved, whatever its wording', async () => {
    expect((await forecast(`# a comment\n${SMALL}`)).json).toMatchObject({ quiet: true })
  })

  it('is not while a deletion waits, and its approval keeps the cluster', async () => {
    for (const host of world.site.hosts) await cutHost(world.coordinator, host)
    await approve(await call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home' } }))
    await world.coordinator.plan()
    const kept = await forecast(SMALL)
    expect(kept.json).toMatchObject({ quiet: false, phases: [{ lines: [] }] })
    await approve(kept)
    await connectSite(world.coordinator, world.site)
    await seconds(5)
    expect([sent('k3s.uninstall'), world.coordinator.context.world.clusters.has('home'), runState(world.coordinator)]).toEqual([0, true, 'done'])
    expect((await forecast(SMALL)).json).toMatchObject({ quiet: true })
  })

  it('is not where it deletes a cluster that has nothing left to take off', async () => {
    for (const host of world.site.hosts) await cutHost(world.coordinator, host)
    const body = { confirm: 'home', without: world.site.hosts.map(({ name }) => name) }
    const asked = await call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body })
    expect(asked.json).toMatchObject({ quiet: false, phases: [] })
    await approve(asked)
    await world.coordinator.plan()
    expect(world.coordinator.context.world.clusters.has('home')).toBe(false)
  })

  it('is not where another spec was approved meanwhile, and its approval goes back', async () => {
    for (const host of world.site.hosts) await cutHost(world.coordinator, host)
    await approve(await forecast(OTHER))
    await world.coordinator.plan()
    const back = await forecast(SMALL)
    expect(back.json).toMatchObject({ quiet: false })
    await approve(back)
    await connectSite(world.coordinator, world.site)
    await seconds(5)
    expect(world.site.hosts[0].facts.config?.text).not.toContain('traefik')
    expect((await forecast(SMALL)).json).toMatchObject({ quiet: true })
  })
})
