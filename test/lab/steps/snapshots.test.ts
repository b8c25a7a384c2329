import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClusterNameSchema, type K3sConfig, RequestIdSchema, type Snapshot } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { k3sBinary, type K3sBinary } from '../drover/k3s-binary.ts'
import { openLab, type Lab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'
import { bundleAgent, carryOut, claimOf, newSite, type OrderHost, prepareHost, putOrder, stepCommand } from './order-site.ts'

const CLUSTER = ClusterNameSchema.parse('home')
const REQUEST = RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa')
const SERVER = '/var/lib/rancher/k3s/server'
/** No pods: there are no images here. */
const BARE: K3sConfig = { disable: ['traefik', 'servicelb', 'metrics-server', 'local-storage', 'coredns'], 'disable-helm-controller': true }

describe.skipIf(skipOrFail())('a snapshot and the way back, by orders on a real host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-snapshots-'))
  let k3s: K3sBinary
  let lab: Lab
  let one: OrderHost
  let taken: Snapshot
  let written = 0

  beforeAll(async () => {
    k3s = await k3sBinary(folder)
    process.stderr.write(`runs on ${k3s.words}\n`)
    const bundle = await bundleAgent()
    lab = await openLab({ name: `snapshots-${String(process.pid)}`, hosts: [{ name: 'one', node: true, k3sReal: k3s.isReal }] })
    one = await prepareHost(lab.host('one'), newSite(), bundle)
    await one.host.writeFile('/var/lib/drover/import/k3s', readFileSync(k3s.path))
    const sha256 = (await one.host.must('sha256sum /var/lib/drover/import/k3s')).slice(0, 64)
    const address = one.host.address
    const config = { 'node-name': 'one', 'node-ip': address, 'advertise-address': address, 'tls-san': [address], 'token-file': '/etc/rancher/k3s/drover-server-token', 'agent-token-file': '/etc/rancher/k3s/drover-agent-token', ...BARE }
    await carryOut(one, await putOrder(one, 'binary.install', { params: { version: k3s.version, arch: 'amd64', sha256, origin: 'file', images: [] } }))
    await carryOut(one, await putOrder(one, 'k3s.config', { params: { role: 'server', claim: claimOf(one), config } }))
    await carryOut(one, await putOrder(one, 'k3s.start', { params: { role: 'server', cluster: CLUSTER, incarnation: 1, initialises: true, datastore: 'sqlite' } }))
  })
  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  it('is taken from a server that writes, and leaves nothing beside it', async () => {
    await one.host.must('k3s kubectl create configmap dear --from-literal=a=b -n default')
    const before = await one.host.must(`ls -A ${SERVER}/db`)
    const end = await carryOut(one, await putOrder(one, 'snapshot.take', { params: { name: 'first', cluster: CLUSTER, incarnation: 1, datastore: 'sqlite' } }))
    expect(end).toMatchObject({ type: 'DONE', result: { grade: 'consistent', version: k3s.version } })
    taken = (end as { result: unknown }).result as Snapshot
    expect(taken.objects).toBeGreaterThan(10)
    expect(await one.host.must(`ls -A ${SERVER}/db`)).toBe(before)
    expect(await one.host.must('ls -A /var/lib/drover/snapshots/first')).toBe('meta.json\nstate.db\n')
    written = Number(await one.host.must('date +%s'))
    await one.host.must('k3s kubectl delete configmap dear -n default')
  })

  it('a power cut in the middle of a restore leaves a server that is down, not one that is empty; the step goes on after the boot', async () => {
    const params = { cluster: CLUSTER, incarnation: 2, seed: one.id, datastore: 'sqlite' as const, snapshot: 'first', sha256: taken.sha256, request: REQUEST }
    const id = await putOrder(one, 'k3s.restore', { params })
    await one.host.must(stepCommand(id).join(' '))
    await until('the data to be set aside', async () => ((await one.host.sh(`ls -d ${SERVER}/db.before-2`)).code === 0 ? true : null), { everyMs: 10 })
    await one.host.powerCut()
    await one.host.boot()
    expect((await one.host.sh('systemctl is-active k3s')).stdout).toBe('inactive\n')
    expect(await carryOut(one, id)).toMatchObject({ type: 'DONE', result: { objects: taken.objects, aside: `${SERVER}/db.before-2` } })
    // No k3s has been at it: it is the snapshot alone, to the byte.
    expect(await one.host.must(`ls -A ${SERVER}/db; sha256sum < ${SERVER}/db/state.db`)).toBe(`state.db\n${taken.sha256}  -\n`)
  })

  it('k3s starts on it, and what was deleted is there', async () => {
    const params = { role: 'server' as const, cluster: CLUSTER, incarnation: 2, initialises: true, datastore: 'sqlite' as const }
    expect(await carryOut(one, await putOrder(one, 'k3s.start', { params }))).toMatchObject({ type: 'DONE' })
    expect(await one.host.must('k3s kubectl get configmap dear -n default -o name')).toBe('configmap/dear\n')
    expect(await one.host.must('systemctl is-enabled k3s')).toBe('enabled\n')
  })

  it('what was set aside is as old as what k3s wrote last, and goes once it is old and newer is there', async () => {
    const times = (await one.host.must(`stat -c %Y ${SERVER}/db.before-2/state.db*`)).trim().split('\n').map(Number)
    expect(Math.max(...times)).toBeGreaterThanOrEqual(written)
    await one.host.must(`cp -a ${SERVER}/db.before-2 ${SERVER}/db.before-1; touch -d '30 days ago' ${SERVER}/db.before-1/*`)
    const tidy = (keep: number): Promise<string> => putOrder(one, 'snapshot.tidy', { params: { cluster: CLUSTER, keep, days: 7 } })
    expect(await carryOut(one, await tidy(2))).toMatchObject({ type: 'DONE', result: { folders: [], snapshots: [] } })
    expect(await carryOut(one, await tidy(1))).toMatchObject({ type: 'DONE', result: { folders: ['db.before-1'], snapshots: [] } })
    expect(await one.host.must(`cd ${SERVER} && ls -d db db.before*`)).toBe('db\ndb.before-2\n')
  })

  it('is not taken by an order of the life before', async () => {
    const params = { name: 'second', cluster: CLUSTER, incarnation: 1, datastore: 'sqlite' as const }
    expect(await carryOut(one, await putOrder(one, 'snapshot.take', { params }))).toMatchObject({ type: 'FAILED', code: 'order.claim', undone: 'nothing-to-undo' })
  })
})
