import { call } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { driveUntil, enrolSite, runState, type Site, SMALL } from '@drover/test/kit/coordinator/drive.ts'
import { cutHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'

const held = {} as { coordinator: TestCoordinator; site: Site; operator: string }
beforeEach(async () => {
  held.coordinator = await startTestCoordinator()
  held.operator = await held.coordinator.token('operator')
  held.site = await enrolSite(held.coordinator)
})
afterEach(() => held.coordinator.remove())

const asked = (): number[] => held.site.hosts.map(({ id }) => (held.coordinator.hub.sent.get(id) ?? []).filter(({ t }) => t === 'inventory.refresh').length)
const plan = (): ReturnType<typeof call> => call(held.coordinator, 'POST /api/v1/clusters/home/forecast', { token: held.operator, body: { spec: SMALL } })
const answerWhenAsked = async (port: string): Promise<void> => {
  const { coordinator, site } = held
  while (asked().some((times) => times === 0)) await new Promise((resolve) => void setTimeout(resolve, 5))
  coordinator.clock.advance(500)
  for (const { id } of site.hosts) {
    const session = coordinator.hub.session(id)
    const state = coordinator.context.world.hosts.get(id)?.inventory.sections.state
    if (session === undefined || state === undefined) throw new Error('the host is not there')
    await coordinator.handlers.inventory(session, { ageMs: { state: 0 }, sections: { state: { ...state, usedPorts: [port] } } }, { id: 'i', waitedMs: 0 })
  }
}

it('judges what hosts say when they are asked, not what they said earlier', async () => {
  held.coordinator.clock.advance(30_000)
  const [answer] = await Promise.all([plan(), answerWhenAsked('tcp/6443 (other)')])
  expect(answer.text).toContain('tcp/6443 (other)')
  expect(asked()).toEqual([1, 1])
})

it('asks nobody who has just spoken, nobody who is away, and no member that has its k3s', async () => {
  expect((await plan()).status).toBe(201)
  expect(asked()).toEqual([0, 0])
  const forecast = (await plan()).json
  await call(held.coordinator, `POST /api/v1/forecasts/${String(forecast['id'])}/approve`, { token: held.operator, body: { hash: forecast['hash'] } })
  await driveUntil(held.coordinator, held.site, { until: () => runState(held.coordinator) === 'done' })
  held.coordinator.clock.advance(30_000)
  await plan()
  expect(asked()).toEqual([0, 0])
})

it('plans without a host that is away', async () => {
  await cutHost(held.coordinator, held.site.hosts[0])
  await cutHost(held.coordinator, held.site.hosts[1])
  held.coordinator.clock.advance(30_000)
  expect((await plan()).status).toBe(201)
  expect(asked()).toEqual([0, 0])
})
