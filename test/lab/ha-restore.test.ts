import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClusterSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saveSnapshot } from '../contracts/k3s/save-snapshot.ts'
import { ledgerOf } from './drover/ledger-of.ts'
import { votersOn } from './drover/members-on.ts'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/ha-three.yaml', import.meta.url))
const SERVERS = ['one', 'three', 'two'] as const
const LONG = { timeoutMs: 290_000 }
const FOLDER = '/var/lib/drover/snapshots/dear'

describe.skipIf(skipOrFail())('three servers go back to a snapshot', () => {
  let site: Site
  let kubeconfig = ''
  let seed = ''
  const host = (name: string): Host => site.lab.host(name)
  const others = (): readonly string[] => SERVERS.filter((name) => name !== seed)
  const kubectl = (...args: readonly string[]): Promise<string> => site.kubectl(kubeconfig, ...args)
  const status = (): Promise<string> => site.must(['status', 'ha-three'])
  const cluster = async () => ClusterSchema.parse(JSON.parse(await site.must(['describe', 'cluster', 'ha-three', '-o', 'json'])))

  /** A snapshot of the seed's member, as Drover keeps them. */
  const takeSnapshot = async (): Promise<void> => {
    const at = host(seed)
    mkdirSync(join(at.root, FOLDER), { recursive: true, mode: 0o700 })
    const bytes = await saveSnapshot(at, `${FOLDER}/etcd.db`)
    const token = createHash('sha256').update(await at.readFile('/etc/rancher/k3s/drover-server-token')).digest('hex').slice(0, 12)
    const meta = { name: 'dear', cluster: 'ha-three', incarnation: 1, datastore: 'etcd', at: Date.now(), bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), grade: 'consistent', objects: 10, version: site.k3s.version, token }
    writeFileSync(join(at.root, FOLDER, 'meta.json'), `${JSON.stringify(meta)}\n`, { mode: 0o600 })
  }

  beforeAll(async () => {
    site = await openSite({ name: 'ha-restore', hosts: { one: 'server', two: 'server', three: 'server' } })
    const file = site.spec('ha', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION').replace(/^agents:\n.*\n/m, ''))
    await site.must(['apply', '-f', file, '--yes', '--wait'], LONG)
    kubeconfig = join(site.place, 'ha-three.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'ha-three']), { mode: 0o600 })
    const claim = JSON.parse(await host('one').readFile('/var/lib/drover/claim.json')) as { seed: string }
    const shown = JSON.parse(await site.must(['get', 'hosts', '-o', 'json'])) as { id: string; name: string }[]
    seed = shown.find(({ id }) => id === claim.seed)?.name ?? ''
  })
  afterAll(() => site.close())

  test('what was deleted since is back, on the two that are there; the third is not waited for', async () => {
    await kubectl('create', 'configmap', 'dear', '--from-literal=a=b', '-n', 'default')
    await takeSnapshot()
    await kubectl('delete', 'configmap', 'dear', '-n', 'default')
    await kubectl('create', 'configmap', 'later', '--from-literal=a=b', '-n', 'default')
    const [there = '', late = ''] = others()
    await host(late).powerCut()
    await until('the third to be missed', async () => ((await status()).includes(' away ') ? true : null), { limitMs: 90_000 })
    await until('the snapshot to be told', async () => ((await site.must(['get', 'snapshots', 'ha-three'])).includes('dear') ? true : null))
    const began = performance.now()
    const said = await site.must(['restore', 'ha-three', '--latest', '--confirm', 'ha-three'], LONG)
    expect(said).toMatch(new RegExp(`stop k3s and set its data aside: it joins incarnation 2 of cluster ha-three anew +${there} `))
    expect(said).toContain(`${late} cannot be reached: too few of the 3 etcd members to go on by themselves`)
    await until('two voters in the new incarnation', async () => ((await votersOn(host(there)).catch(() => [])).length === 2 && (await cluster()).incarnation === 2 ? true : null), { limitMs: 200_000, saw: status })
    await until('the config map is back', async () => (await kubectl('get', 'configmaps', '-n', 'default', '-o', 'name').catch(() => '')).includes('configmap/dear') || null, { limitMs: 60_000 })
    process.stdout.write(`ha-restore: back with two servers after ${String(Math.round((performance.now() - began) / 100) / 10)} s\n`)
    expect(await kubectl('get', 'configmaps', '-n', 'default', '-o', 'name')).not.toContain('configmap/later')
  })

  test('the third comes back late with the data of the life before: they are set aside and it joins', async () => {
    const late = host(others()[1] ?? '')
    await late.boot()
    await until('the third to vote, and the run to be done', async () => ((await votersOn(late).catch(() => [])).length === 3 && /Run \S+ +done/.test(await status()) ? true : null), { limitMs: 200_000, saw: status })
    for (const name of SERVERS) {
      expect(await votersOn(host(name))).toEqual([...SERVERS])
      expect(JSON.parse(await host(name).readFile('/var/lib/drover/claim.json'))).toMatchObject({ incarnation: 2 })
      expect(await host(name).must('ls -d /var/lib/rancher/k3s/server/db.before-2/etcd/member; systemctl is-enabled k3s')).toContain('enabled')
    }
    expect(await kubectl('get', 'configmaps', '-n', 'default', '-o', 'name')).toContain('configmap/dear')
    expect((await kubectl('get', 'nodes')).match(/ Ready /g)).toHaveLength(3)
  })

  test('each life began once, and there is nothing left to do', async () => {
    expect((await site.drover(['apply', '-f', join(site.place, 'ha.yaml')])).stdout).toContain('Nothing to do')
    if (site.k3s.isReal) return
    const events = SERVERS.flatMap((name) => ledgerOf(host(name))).map(({ event }) => event)
    expect(events.filter((event) => event === 'initialised' || event === 'reset')).toEqual(['initialised', 'reset'])
  })
})
