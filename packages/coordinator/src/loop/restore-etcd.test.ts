import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { driveUntil, enrolLarge, LARGE, runState, step } from '@drover/test/kit/coordinator/drive.ts'
import { connectHost, cutHost, type ScriptedHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { useSite } from '@drover/test/kit/coordinator/use-site.ts'
import { beforeEach, describe, expect, it } from 'vitest'

const world = useSite(enrolLarge)
const { approve, forecast, until } = world
const restoration = (body: unknown): Promise<TestAnswer> => call(world.coordinator, 'POST /api/v1/clusters/home/restoration', { token: world.admin, body })
const hostNamed = (name: string): ScriptedHost => world.site.hosts.find((host) => host.name === name) ?? world.site.hosts[0]
const SNAPSHOT = { first: { cluster: 'home', incarnation: 1 } }
const seen = { at: 0 }
/** What was done since the cluster was up, in order, without the copies that are kept beside. */
const told = (): string[] =>
  world.site.hosts
    .flatMap((host) => host.ledger.map((order) => ({ order, name: host.name })))
    .filter(({ order }) => order.createdAt > seen.at && !order.kind.startsWith('snapshot') && !order.kind.startsWith('schedule'))
    .toSorted((a, b) => a.order.createdAt - b.order.createdAt)
    .map(({ order, name }) => `${name} ${order.kind}`)
const incarnations = (): unknown[] => world.site.hosts.map(({ facts }) => facts.claim?.incarnation)
const codes = ({ json }: TestAnswer): string[] => (json['findings'] as { said: { code: string } }[]).map(({ said }) => said.code)

const away = async (...names: string[]): Promise<void> => {
  for (const name of names) await cutHost(world.coordinator, hostNamed(name))
  for (let second = 0; second < 60; second += 1) await step(world.coordinator, world.site)
}

beforeEach(async () => {
  await approve(await forecast(LARGE))
  await until('done')
  for (const name of ['node-1', 'node-3']) hostNamed(name).facts = { ...hostNamed(name).facts, snapshots: SNAPSHOT }
  await step(world.coordinator, world.site)
  seen.at = world.coordinator.clock.now()
})

describe('three servers that go back to a snapshot', () => {
  it('do so by the seed, and join the new incarnation one after the other', async () => {
    expect((await approve(await restoration({ snapshot: 'first' }))).status).toBe(201)
    await until('done')
    expect(told().filter((line) => !line.endsWith('k3s.config'))).toEqual([
      'node-1 k3s.restore', 'node-3 k3s.set-aside', 'node-4 k3s.set-aside', 'node-1 k3s.start', 'node-1 etcd.promote', 'node-3 k3s.start', 'node-1 etcd.promote', 'node-4 k3s.start',
    ])
    expect(incarnations()).toEqual([2, 2, 2, 2])
    expect((await forecast(LARGE)).json['quiet']).toBe(true)
  })

  it('take one in late that was away, under the same approval', async () => {
    await away('node-4')
    const planned = await restoration({ snapshot: 'first' })
    expect(codes(planned)).toContain('finding.restore-late')
    await approve(planned)
    await driveUntil(world.coordinator, world.site, { until: () => hostNamed('node-3').facts.etcd === 'voter' && hostNamed('node-3').facts.claim?.incarnation === 2 })
    await until('waiting')
    await connectHost(world.coordinator, hostNamed('node-4'), world.site.nodes)
    await until('done')
    expect(told().filter((line) => line.startsWith('node-4'))).toEqual(['node-4 k3s.set-aside', 'node-4 k3s.start'])
    expect(incarnations()).toEqual([2, 2, 2, 2])
  })

  it('go on from another server where the first is away and that one has the snapshot', async () => {
    await away('node-1')
    const planned = await restoration({ snapshot: null })
    expect(codes(planned)).toEqual(expect.arrayContaining(['finding.restore-seed', 'finding.restore-late']))
    await approve(planned)
    await driveUntil(world.coordinator, world.site, { until: () => hostNamed('node-4').facts.etcd === 'voter' && hostNamed('node-4').facts.claim?.incarnation === 2 })
    await connectHost(world.coordinator, hostNamed('node-1'), world.site.nodes)
    await until('done')
    expect(world.site.hosts.map(({ facts }) => facts.claim)).toEqual(world.site.hosts.map(() => ({ cluster: 'home', incarnation: 2, seed: hostNamed('node-3').id })))
    expect(told().filter((line) => line.startsWith('node-1') && !line.endsWith('k3s.config'))).toEqual(['node-1 k3s.set-aside', 'node-1 k3s.start'])
    expect((await forecast(LARGE)).json).toMatchObject({ quiet: true, phases: [] })
  })

  it('of which two are lost go on with the third, once a person has said that they are off', async () => {
    await away('node-3', 'node-4')
    expect(codes(await restoration({ snapshot: 'first' }))).toContain('finding.restore-absent')
    const planned = await restoration({ snapshot: 'first', without: ['node-3', 'node-4'] })
    expect(codes(planned)).toContain('finding.restore-without')
    await approve(planned)
    await until('done')
    expect(told().filter((line) => !line.endsWith('k3s.config'))).toEqual(['node-1 k3s.restore', 'node-1 k3s.start'])
    expect(incarnations()).toEqual([2, 2, 1, 1])
  })

  it('are as they were where the snapshot is at fault, and go on so under another approval', async () => {
    hostNamed('node-1').script = (order) => (order.kind === 'k3s.restore' ? { code: 'snapshot.damaged', message: 'a bit is flipped' } : null)
    await approve(await restoration({ snapshot: 'first' }))
    await driveUntil(world.coordinator, world.site, { until: () => ['asking', 'failed'].includes(runState(world.coordinator)) })
    await approve(await forecast(LARGE))
    await until('done')
    expect(told().every((line) => line.endsWith('k3s.config') || line === 'node-1 k3s.restore')).toBe(true)
    expect(incarnations()).toEqual([2, 2, 2, 2])
  })

  it.each<[string, object, number, string]>([
    ['without one that is connected', { snapshot: 'first', without: ['node-3'] }, 409, 'resource.conflict'],
    ['without one that is no server of it', { snapshot: 'first', without: ['node-2'] }, 404, 'resource.unknown'],
    ['to a snapshot that nobody has', { snapshot: 'second' }, 404, 'snapshot.unknown'],
  ])('do not go back %s', async (...[, body, status, code]) => {
    expect(await restoration(body)).toMatchObject({ status, json: { code } })
  })
})
