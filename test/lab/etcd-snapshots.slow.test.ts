import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FiringShown, FiringShownSchema, type SnapshotShown, SnapshotShownSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const SPEC = `cluster: home
k3s: { version: VERSION }
servers: { names: [one, two, three] }
network: { node: 10.0.0.0/24 }
snapshots: { schedule: "* * * * *", keep: 2 }
options: { disable: [traefik, servicelb, metrics-server, local-storage, coredns] }
`
const NAMES = ['one', 'two', 'three'] as const
const FOLDER = '/var/lib/drover/snapshots'
const LONG = { timeoutMs: 280_000 }
const TAKEN = /^snapshot (manual-[a-z2-7]{16}) of home is taken: .*, \d+ objects, consistent, on (one|two|three)\n$/

/** What etcd put behind its pages is their SHA-256. */
const isSealed = (copy: Buffer): boolean => copy.length % 512 === 32 && createHash('sha256').update(copy.subarray(0, -32)).digest().equals(copy.subarray(-32))

describe.skipIf(skipOrFail())('snapshots of three servers on etcd', () => {
  let site: Site
  let kubeconfig = ''
  const host = (name: string): Host => site.lab.host(name)
  const snapshots = (): Promise<SnapshotShown[]> => list(site, 'snapshots', SnapshotShownSchema)
  const firings = (): Promise<FiringShown[]> => list(site, 'firings', FiringShownSchema)
  /** Takes one, and gives its name and the server that it is on. */
  const take = async (): Promise<{ readonly name: string; readonly on: string }> => {
    const [, name = '', on = ''] = TAKEN.exec(await site.must(['snapshot', 'now', 'home'], LONG)) ?? []
    expect(on).not.toBe('')
    return { name, on }
  }
  const fileOf = ({ name, on }: { readonly name: string; readonly on: string }): Buffer => readFileSync(join(host(on).root, FOLDER, name, 'etcd.db'))
  const leader = async (): Promise<string> => {
    const { members } = z.object({ members: z.array(z.object({ host: z.string(), leader: z.boolean() })) }).parse(JSON.parse(await site.must(['get', 'members', 'home', '-o', 'json'])))
    return members.find((member) => member.leader)?.host ?? ''
  }

  beforeAll(async () => {
    site = await openSite({ name: 'etcd-snapshots', hosts: { one: 'server', two: 'server', three: 'server' } })
    await site.must(['apply', '-f', site.spec('home', SPEC), '--yes', '--wait'], LONG)
    kubeconfig = join(site.place, 'home.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'home']), { mode: 0o600 })
  })
  afterAll(() => site.close())

  test('one that is asked for is taken through a server that does not lead, as etcd gives it, with what was written before', async () => {
    await site.kubectl(kubeconfig, 'create', 'configmap', 'dear', '-n', 'default', '--from-literal=a=b')
    const leads = await leader()
    const taken = await take()
    expect(taken.on).not.toBe(leads)
    const bytes = fileOf(taken)
    expect([isSealed(bytes), bytes.includes('/registry/configmaps/default/dear')]).toEqual([true, true])
    const shown = (await snapshots()).find(({ name }) => name === taken.name)
    expect(shown).toMatchObject({ datastore: 'etcd', host: taken.on, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), version: site.k3s.version, opens: true })
    expect(shown?.etcd?.leader.before).toBe(shown?.etcd?.leader.after)
    expect(shown?.etcd?.members).toHaveLength(3)
    expect(shown?.objects).toBeGreaterThan(10)
    expect(await host(taken.on).must(`stat -c %a ${FOLDER} ${FOLDER}/${taken.name}/etcd.db; ls ${FOLDER}/${taken.name}`)).toBe('700\n600\netcd.db\nmeta.json\n')
  })

  test('each server fires the schedule for itself, one after the other, under one name; one copy of a name is enough', async () => {
    const done = await until('a planned time that all three have done', async () => {
      const all = (await firings()).filter(({ state }) => state === 'done')
      return all.map(({ planned }) => all.filter((one) => one.planned === planned)).find((same) => same.length === 3) ?? null
    }, { limitMs: 280_000, everyMs: 1000 })
    const ended = NAMES.map((name) => done.find((one) => one.host === name)?.endedAt ?? 0)
    expect(ended).toEqual(ended.toSorted((a, b) => a - b))
    const last = done[0]?.snapshot
    const copied = await until('a copy', async () => {
      const of = (await snapshots()).filter(({ name }) => name === last)
      return of.some((one) => one.copied !== null) ? of : null
    }, { limitMs: 120_000, everyMs: 500 })
    expect(copied.filter((one) => one.copied !== null)).toHaveLength(1)
  })

  test('a disk without room is told before anything is written, each server is tried, and what was there stays', async () => {
    const before = (await snapshots()).filter(({ name }) => name.startsWith('manual-'))
    for (const name of NAMES) await host(name).must(`mount -t tmpfs -o size=20m tmpfs ${FOLDER}`)
    try {
      const said = await site.drover(['snapshot', 'now', 'home'], LONG)
      expect([said.code === 0, said.stdout + said.stderr]).toEqual([false, expect.stringContaining(`MB are free below ${FOLDER}`)])
      for (const name of NAMES) expect(readdirSync(join(host(name).root, 'var/lib/drover/journal')).length).toBeGreaterThan(0)
    } finally {
      for (const name of NAMES) await host(name).must(`umount ${FOLDER}`)
    }
    for (const one of before) expect(isSealed(fileOf({ name: one.name, on: one.host ?? '' }))).toBe(true)
  })

  test('it is taken through another while a server is without power', async () => {
    await host('two').powerCut()
    await until('two to be missed', async () => ((await site.must(['status', 'home'])).includes(' away ') ? true : null))
    const taken = await take()
    expect(taken.on).not.toBe('two')
    expect(isSealed(fileOf(taken))).toBe(true)
    await host('two').boot()
  })
})
