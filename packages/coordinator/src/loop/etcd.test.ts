import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { enrolLarge, LARGE, runState, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { cutHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { useSite } from '@drover/test/kit/coordinator/use-site.ts'
import { describe, expect, it } from 'vitest'

const world = useSite(enrolLarge)
const { approve, forecast, until } = world
const get = (path: string): Promise<TestAnswer> => call(world.coordinator, `GET /api/v1/${path}`, { token: world.admin })
const sent = (kind: string): string[] => world.site.hosts.flatMap((host) => host.ledger.filter((order) => order.kind === kind).map(() => host.name))
const begin = async (spec = LARGE): Promise<void> => expect((await approve(await forecast(spec))).status).toBe(201)

/** Of each turn how many servers vote and how many learn. */
const watch = async (state: string): Promise<Set<string>> => {
  const seen = new Set<string>()
  for (let second = 0; second < 60 && runState(world.coordinator) !== state; second += 1) {
    await step(world.coordinator, world.site)
    const members = world.site.hosts.map(({ facts }) => facts.etcd)
    seen.add(`${String(members.filter((member) => member === 'voter').length)} voters, ${String(members.filter((member) => member === 'learner').length)} learners`)
  }
  expect(runState(world.coordinator)).toBe(state)
  return seen
}

describe('three servers', () => {
  it('become members one at a time, each promoted by the first, and the agent does not wait for them', async () => {
    await begin()
    expect([...(await watch('done'))]).toEqual(['0 voters, 0 learners', '1 voters, 0 learners', '1 voters, 1 learners', '2 voters, 0 learners', '2 voters, 1 learners', '3 voters, 0 learners'])
    expect(sent('etcd.promote')).toEqual(['node-1', 'node-1'])
    const starts = world.site.hosts.map((host) => host.ledger.find((order) => order.kind === 'k3s.start'))
    const times = starts.map((order) => order?.createdAt ?? 0)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(new Set(times).size).toBe(4)
    expect((await forecast(LARGE)).json['quiet']).toBe(true)
  })

  it('are shown with who leads and what may be lost', async () => {
    await begin()
    await until('done')
    const shown = (await get('clusters/home/members')).json
    expect(shown).toMatchObject({ voters: 3, healthy: 3, quorum: 2, tolerates: 1, heartbeatMs: 500, electionMs: 5000 })
    expect(shown['members']).toMatchObject([
      { host: 'node-1', member: 'voter', leader: true, healthy: true },
      { host: 'node-3', member: 'voter', leader: false, healthy: true },
      { host: 'node-4', member: 'voter', leader: false, healthy: true },
    ])
    expect((await get('clusters/home')).json['etcd']).toEqual(shown)
    expect((await get('hosts/node-3')).json['etcd']).toEqual({ id: '100013', member: 'voter', healthy: true, leads: false })
    const [, , third] = world.site.hosts
    if (third !== undefined) await cutHost(world.coordinator, third)
    expect((await get('clusters/home/members')).json).toMatchObject({ voters: 3, healthy: 2, tolerates: 0 })
  })

  it('keep an API that is up while the first of them is away', async () => {
    await begin()
    await until('done')
    const [first] = world.site.hosts
    await cutHost(world.coordinator, first)
    for (let second = 0; second < 60; second += 1) await step(world.coordinator, world.site)
    expect((await get('clusters/home')).json).toMatchObject({ api: 'up', members: expect.arrayContaining([expect.objectContaining({ host: 'node-3', node: 'ready' })]) as unknown })
  })

  it('give a kubeconfig while the first of them is away, through another one', async () => {
    await begin()
    await until('done')
    const [first] = world.site.hosts
    await cutHost(world.coordinator, first)
    const ask = (server?: string): Promise<TestAnswer> =>
      call(world.coordinator, 'POST /api/v1/clusters/home/kubeconfig', { token: world.admin, body: { sealTo: `${'A'.repeat(42)}E`, ...(server === undefined ? {} : { server }) } })
    expect(await ask('node-2')).toMatchObject({ status: 400, json: { code: 'request.invalid' } })
    const asked = [await ask(), await ask('node-4')]
    for (let second = 0; second < 5; second += 1) await step(world.coordinator, world.site)
    for (const { json } of asked) expect((await get(`requests/${String(json['id'])}`)).json).toMatchObject({ state: 'done', answer: 'c2VhbGVk' })
    expect(sent('kubeconfig.read')).toEqual(['node-3', 'node-4'])
  })

  it('each keep the schedule of the spec, later by their places', async () => {
    await begin(LARGE.replace('snapshots: false\n', ''))
    await until('done')
    expect(sent('schedule.set')).toEqual(['node-1', 'node-3', 'node-4'])
    const { schedules } = (await get('clusters/home')).json as { schedules: { host: string; offsetS: number }[] }
    expect(Object.fromEntries(schedules.map(({ host, offsetS }) => [host, offsetS]))).toEqual({ 'node-1': 0, 'node-3': 600, 'node-4': 1200 })
  })

  const ask = async (): Promise<string> => String((await call(world.coordinator, 'POST /api/v1/clusters/home/snapshots', { token: world.admin, body: {} })).json['id'])
  const steps = async (times: number): Promise<void> => {
    for (let second = 0; second < times; second += 1) await step(world.coordinator, world.site)
  }

  it('take a snapshot through one that does not lead, once', async () => {
    await begin()
    await until('done')
    const id = await ask()
    await steps(3)
    expect((await get(`requests/${id}`)).json).toMatchObject({ state: 'done' })
    expect(sent('snapshot.take')).toEqual(['node-3'])
  })

  it('take it through another one where the first cannot, and say what the last one said where none can', async () => {
    await begin()
    await until('done')
    const [, , third, fourth] = world.site.hosts
    if (third === undefined || fourth === undefined) throw new Error('there are too few hosts')
    third.script = () => ({ code: 'step.space', message: '3 MB are free' })
    const id = await ask()
    await steps(4)
    expect(sent('snapshot.take')).toEqual(['node-3', 'node-4'])
    expect((await get(`requests/${id}`)).json).toMatchObject({ state: 'done', message: null })
    for (const host of world.site.hosts) host.script = () => ({ code: 'step.space', message: `${host.name} is full` })
    const again = await ask()
    await steps(6)
    expect((await get(`requests/${again}`)).json).toMatchObject({ state: 'refused', message: 'node-1 is full' })
  })

  it('take it through one that is there where another is away', async () => {
    await begin()
    await until('done')
    const [, , third] = world.site.hosts
    if (third !== undefined) await cutHost(world.coordinator, third)
    const id = await ask()
    await steps(3)
    expect((await get(`requests/${id}`)).json).toMatchObject({ state: 'done' })
    expect(sent('snapshot.take')).toEqual(['node-4'])
  })

  it('are deleted with their agent, agents first', async () => {
    await begin()
    await until('done')
    const asked = await call(world.coordinator, 'POST /api/v1/clusters/home/deletion', { token: world.admin, body: { confirm: 'home' } })
    expect((await approve(asked)).status).toBe(201)
    for (let second = 0; second < 60 && world.coordinator.context.world.clusters.has('home'); second += 1) await step(world.coordinator, world.site)
    expect(sent('k3s.uninstall')).toEqual(['node-1', 'node-2', 'node-3', 'node-4'])
    expect(world.coordinator.context.world.clusters.has('home')).toBe(false)
  })
})

describe('one server on SQLite', () => {
  it('has no members of etcd', async () => {
    await begin(SMALL.replace('{ select: { role: server } }', '{ names: [node-1] }'))
    await until('done')
    expect(await get('clusters/home/members')).toMatchObject({ status: 409, json: { code: 'etcd.none' } })
    expect((await get('clusters/home')).json['etcd']).toBeNull()
  })

  it('goes to etcd once, with a snapshot before and the others after, when its spec asks for three', async () => {
    await begin(LARGE.replace('[node-1, node-3, node-4]', '[node-1]'))
    await until('done')
    await begin(LARGE)
    expect(await get('clusters/home/members')).toMatchObject({ status: 409, json: { code: 'etcd.none' } })
    await until('done')
    expect([sent('snapshot.take'), sent('k3s.to-etcd')]).toEqual([['node-1'], ['node-1']])
    expect((await get('clusters/home/members')).json).toMatchObject({ voters: 3, tolerates: 1 })
  })
})
