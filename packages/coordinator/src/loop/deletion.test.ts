import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { driveUntil, runState, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { cutHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { useSite } from '@drover/test/kit/coordinator/use-site.ts'
import { describe, expect, it } from 'vitest'

const world = useSite()
const { approve, begin, forecast, ledger, until } = world
const BRING_UP = ['node-1 binary.install', 'node-1 k3s.config', 'node-1 k3s.start', 'node-2 binary.install', 'node-2 k3s.config', 'node-2 k3s.start']

describe('deleting a cluster', () => {
  it('takes k3s off its hosts, agents first, forgets it, and its hosts are free', async () => {
    await begin()
    await until('done')
    const asked = await call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home' } })
    expect(asked).toMatchObject({ status: 201 })
    expect((await approve(asked)).status).toBe(201)
    await driveUntil(world.coordinator, world.site, { until: () => !world.coordinator.context.world.clusters.has('home') })
    expect(ledger().slice(BRING_UP.length - 3).filter((line) => line.endsWith('uninstall'))).toEqual(['node-1 k3s.uninstall', 'node-2 k3s.uninstall'])
    const [server, agent] = world.site.hosts
    expect(agent.ledger.at(-1)?.createdAt).toBeLessThan(server.ledger.at(-1)?.createdAt ?? 0)
    expect((await call(world.coordinator, 'GET /api/v1/clusters/home', { token: world.admin })).status).toBe(404)
    expect(world.coordinator.context.world.requests.size).toBe(0)
    const again = await approve(await forecast(SMALL.replace('cluster: home', 'cluster: next'), 'next'))
    expect(again).toMatchObject({ status: 201 })
  })

  it('is forecast on what the hosts are once the steps of the run before have ended there', async () => {
    const run = await begin()
    await world.coordinator.plan()
    await call(world.coordinator, `POST /api/v1/runs/${run}/cancel`, { token: world.admin, body: {} })
    const ask = (): Promise<TestAnswer> => call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home' } })
    const held = { isAnswered: false }
    const answering = ask().finally(() => void (held.isAnswered = true))
    while (!held.isAnswered) {
      await step(world.coordinator, world.site)
      await new Promise((resolve) => void setTimeout(resolve, 20))
    }
    const asked = await answering
    expect(asked).toMatchObject({ status: 201 })
    for (let second = 0; second < 3; second += 1) await step(world.coordinator, world.site)
    expect((await approve(asked)).status).toBe(201)
    await driveUntil(world.coordinator, world.site, { until: () => !world.coordinator.context.world.clusters.has('home') })
    expect(ledger().filter((line) => line.endsWith('uninstall'))).toEqual(['node-1 k3s.uninstall', 'node-2 k3s.uninstall'])
  })

  it('is refused while a step of a run that is over does not end', async () => {
    const run = await begin()
    await world.coordinator.plan()
    await call(world.coordinator, `POST /api/v1/runs/${run}/cancel`, { token: world.admin, body: {} })
    const asked = await call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home' } })
    expect(asked).toMatchObject({ status: 409, json: { message: expect.stringMatching(/^node-[12] still carries out binary\.install of the last run/) as string } })
  })

  it('goes on without a host that never comes back, once a person has said so', async () => {
    await begin()
    await until('done')
    const ask = (without: readonly string[]): Promise<TestAnswer> =>
      call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home', without } })
    expect(await ask(['node-2'])).toMatchObject({ status: 409, json: { message: 'node-2 is connected: k3s is taken off it with the others' } })
    expect(await ask(['node-9'])).toMatchObject({ status: 404 })
    await cutHost(world.coordinator, world.site.hosts[1])
    expect((await approve(await ask([]))).status).toBe(201)
    await until('waiting')
    world.coordinator.clock.advance(121_000)
    await world.coordinator.plan()
    expect(runState(world.coordinator)).toBe('asking')
    const asked = await ask(['node-2'])
    expect(asked.json).toMatchObject({ findings: [{ level: 'note', said: { code: 'finding.left-behind', args: { host: 'node-2', script: '/usr/local/bin/k3s-agent-uninstall.sh' } } }] })
    expect((await approve(asked)).status).toBe(201)
    await driveUntil(world.coordinator, world.site, { until: () => !world.coordinator.context.world.clusters.has('home') })
    expect(ledger().filter((line) => line.endsWith('uninstall'))).toEqual(['node-1 k3s.uninstall'])
  })

  it('is planned only under its own approval, and withdrawn by another one', async () => {
    await begin()
    await until('done')
    const asked = await call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home' } })
    for (let second = 0; second < 3; second += 1) await step(world.coordinator, world.site)
    expect(ledger()).toEqual(BRING_UP)
    expect((await approve(await forecast(`${SMALL}options: { disable: [traefik] }\n`))).status).toBe(201)
    expect((await approve(asked)).json).toMatchObject({ code: 'forecast.stale' })
  })
})
