import { afterEach, beforeEach, expect } from 'vitest'
import { call, type TestAnswer } from './call.ts'
import { startTestCoordinator, type TestCoordinator } from './coordinator.ts'
import { driveUntil, enrolSite, runState, type Site, SMALL } from './drive.ts'

/** A coordinator with a site of its own, and what a person does with them. */
export type SiteWorld = {
  coordinator: TestCoordinator
  site: Site
  admin: string
  readonly forecast: (spec?: string, cluster?: string) => Promise<TestAnswer>
  readonly approve: (forecast: TestAnswer) => Promise<TestAnswer>
  /** Has the small spec approved and gives the id of its run. */
  readonly begin: () => Promise<string>
  /** Drives the site until the newest run is in this state. */
  readonly until: (state: string) => Promise<void>
  /** What hosts were told to do, host by host. */
  readonly ledger: () => string[]
}

/** Makes one before each test of the file that calls it, with the hosts that `enrol` gives it, and removes it afterwards. */
export const useSite = (enrol: (coordinator: TestCoordinator) => Promise<Site> = enrolSite): SiteWorld => {
  const world = {
    forecast: (spec = SMALL, cluster = 'home') => call(world.coordinator, `POST /api/v1/clusters/${cluster}/forecast`, { token: world.admin, body: { spec } }),
    approve: ({ json }) => call(world.coordinator, `POST /api/v1/forecasts/${String(json['id'])}/approve`, { token: world.admin, body: { hash: json['hash'] } }),
    begin: async () => {
      const run = await world.approve(await world.forecast())
      expect(run).toMatchObject({ status: 201 })
      return String(run.json['id'])
    },
    until: (state) => driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === state }),
    ledger: () => world.site.hosts.flatMap((host) => host.ledger.map((order) => `${host.name} ${order.kind}`)),
  } as SiteWorld
  beforeEach(async () => {
    world.coordinator = await startTestCoordinator()
    world.site = await enrol(world.coordinator)
    world.admin = await world.coordinator.token('admin')
  })
  afterEach(() => world.coordinator.remove())
  return world
}
