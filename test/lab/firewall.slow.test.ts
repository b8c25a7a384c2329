import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ClusterSchema, ForecastSchema, RunSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubectl, openPod, type Pod, POD_PORT } from './drover/pods.ts'
import { dialTcp, type Place, reached, sendUdp, watchUdp } from './drover/reach.ts'
import { list, openSite, showHost, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

/** The example, its admins being where the lab's admin is; 6443 stays for the nodes alone, as both tables of its guide have it. */
const SPEC = readFileSync(fileURLToPath(new URL('../../deploy/examples/two-vps.yaml', import.meta.url)), 'utf8')
  .replace('v1.36.2+k3s1', 'VERSION')
  .replace('203.0.113.0/24', '10.0.0.2/32')
const CLUSTER = 'two-vps'
/** SSH, HTTP, etcd, the registry's peers, the API, a port of the supervisor's, the kubelet, a NodePort. */
const PORTS = [22, 80, 443, 2379, 5001, 6443, 9345, 10_250, 30_080]
const VXLAN = 8472
/** A port of the host that leads to the workload, and that the spec opens to nobody. */
const CLOSED = 8081

describe.skipIf(skipOrFail())('the firewall of two rented machines', () => {
  let site: Site
  let [one, two, three] = [] as unknown as [Host, Host, Host]

  /** What each place reaches on a host: the table as packets see it. */
  const table = async (of: Host, from: Readonly<Record<string, Place>>): Promise<Record<string, readonly number[]>> =>
    Object.fromEntries(await Promise.all(Object.entries(from).map(async ([name, place]) => [name, await reached(place, of.address, PORTS)] as const)))

  const vxlanFrom = async (of: Host, from: readonly Place[]): Promise<readonly string[]> => {
    const watch = await watchUdp(of, VXLAN)
    await Promise.all(from.map((place) => sendUdp(place, of.address, VXLAN)))
    const sources = (await watch.sources()).toSorted()
    await watch.end()
    return sources
  }

  beforeAll(async () => {
    site = await openSite({ name: 'firewall', hosts: { one: 'master', two: 'worker', three: null } })
    ;[one, two, three] = [site.lab.host('one'), site.lab.host('two'), site.lab.host('three')]
  })
  afterAll(() => site.close())

  test('before, a stranger reaches every port', async () => {
    expect(await table(one, { stranger: site.lab.stranger })).toEqual({ stranger: PORTS })
    expect(await vxlanFrom(one, [site.lab.stranger])).toEqual([site.lab.stranger.address])
  })

  test('the forecast names who tries the new rules from outside, and guards before k3s starts', async () => {
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', site.spec('two', SPEC), '-o', 'json'])))
    const kinds = planned.phases.flatMap(({ lines }) => lines.map(({ kind, host }) => `${kind} ${host}`))
    expect(kinds.indexOf('firewall.commit one')).toBeLessThan(kinds.indexOf('k3s.start one'))
    expect(kinds.indexOf('firewall.stage one')).toBeGreaterThan(kinds.indexOf('firewall.commit two'))
    const waits = planned.phases.flatMap(({ lines }) => lines.flatMap((line) => line.waits)).filter(({ reason }) => reason.code === 'wait.witness')
    expect(waits.map(({ on, reason }) => [on, reason.args])).toEqual([
      [['two'], { witnesses: 'the coordinator, one', ports: '22, 10250' }],
      [['one'], { witnesses: 'the coordinator, two', ports: '22, 6443, 10250' }],
    ])
    expect(planned.findings.filter(({ said: { code } }) => /firewall|witness|unguarded/.test(code))).toEqual([])
  })

  test('an SSH session that the rules would not let in is refused in the plan, and is free to end', async () => {
    const session = site.lab.stranger.spawn([process.execPath, '-e', `require('node:net').connect(22, '${one.address}').resume(); setInterval(() => {}, 1000)`], { stdio: 'ignore' })
    const plan = async (): Promise<string> => (await site.drover(['plan', '-f', site.spec('two', SPEC)])).stdout
    const cut = `one would not let in SSH sessions that are open now: ${site.lab.stranger.address} to port 22`
    await until('the finding', async () => ((await plan()).includes(cut) ? true : null), { everyMs: 1_000 })
    expect((await site.drover(['apply', '-f', site.spec('two', SPEC), '--yes'])).stderr).toContain('nothing was changed')
    session.kill('SIGKILL')
    await until('a plan without it', async () => ((await plan()).includes(cut) ? null : true), { everyMs: 1_000 })
  })

  test('the cluster comes up behind it', async () => {
    const shown = await site.must(['apply', '-f', site.spec('two', SPEC), '--yes', '--wait'], { timeoutMs: 280_000 })
    expect(shown).toMatch(/run run-\S+ done\n$/)
    const [run] = await list(site, 'runs', RunSchema)
    expect(run?.orders.filter(({ kind, attempt }) => kind.startsWith('firewall') && attempt > 1)).toEqual([])
    const [, worker] = await Promise.all([showHost(site, 'one'), showHost(site, 'two')])
    expect(worker.firewall).toMatchObject({ state: 'on', inCharge: null })
    expect(await site.must(['describe', 'host', 'one'])).toMatch(/Firewall[^]*on, rules [0-9a-f]{12}/)
    expect(await site.must(['status', CLUSTER])).toMatch(/FIREWALL/)
  })

  test('every place reaches exactly what the tables say', async () => {
    const { admin, stranger } = site.lab
    expect(await table(one, { stranger, admin, worker: two })).toEqual({ stranger: [], admin: [22], worker: [6443, 10_250] })
    expect(await table(two, { stranger, admin, server: one })).toEqual({ stranger: [80, 443], admin: [22, 80, 443], server: [80, 443, 10_250] })
    expect(await vxlanFrom(one, [admin, stranger, two])).toEqual([two.address])
    expect(await vxlanFrom(two, [admin, stranger, one])).toEqual([one.address])
  })

  test('a workload on ports 80 and 443 is reached by whom the table names, and its pod is no admin, on its own host neither', async () => {
    const { admin, stranger, router } = site.lab
    const { isReal } = site.k3s
    const web = await openPod({ on: two, server: one, isReal, index: 1, hostPorts: [80, 443, CLOSED] })
    const other = await openPod({ on: one, server: one, isReal, index: 0, hostPorts: [] })
    await router.exec(['ip', 'route', 'replace', `${web.ip}/32`, 'via', two.address])
    const http = (from: Place): Promise<readonly string[]> => Promise.all([80, 443, CLOSED].map((port) => dialTcp(from, two.address, port)))
    await until('the way to the workload', async () => ((await http(stranger))[0] === 'open' ? true : null))
    for (const from of [stranger, admin, one, other]) expect(await http(from)).toEqual(['open', 'open', 'filtered'])
    expect(await dialTcp(stranger, web.ip, POD_PORT)).toBe('filtered')
    expect(await table(one, { 'a pod of the worker': web, 'a pod of the server': other })).toEqual({
      'a pod of the worker': [6443, 10_250],
      'a pod of the server': PORTS.filter((port) => port !== 22),
    })
    expect(await table(two, { 'a pod of the worker': web, 'a pod of the server': other })).toEqual({
      'a pod of the worker': PORTS.filter((port) => port !== 22),
      'a pod of the server': [80, 443, 10_250],
    })
    if (isReal) await talksAsPodsDo(web, other)
  })

  /** Pod to pod through VXLAN, pods to the API by its service address, and a Service of type NodePort that the spec opens to nobody. */
  const talksAsPodsDo = async (web: Pod, other: Pod): Promise<void> => {
    expect(await dialTcp(web, other.ip, POD_PORT)).toBe('open')
    expect(await dialTcp(other, web.ip, POD_PORT)).toBe('open')
    for (const pod of [web, other]) expect(await dialTcp(pod, '10.43.0.1', 443)).toBe('open')
    await kubectl(one, ['create', 'service', 'nodeport', 'web', `--tcp=80:${String(POD_PORT)}`, '--node-port=30080'])
    await until('the NodePort from within', async () => ((await dialTcp(other, one.address, 30_080)) === 'open' ? true : null))
    for (const from of [site.lab.stranger, site.lab.admin, two]) expect(await dialTcp(from, one.address, 30_080)).toBe('filtered')
  }

  test('the same spec again is quiet', async () => {
    expect((await site.drover(['apply', '-f', site.spec('two', SPEC)])).stdout).toContain('Nothing to do')
  })

  test('an enrolled host that is no member reaches no more than a stranger; as a member it is let in by its address', async () => {
    await site.join(three, '--label', 'role=worker')
    expect(await table(one, { three })).toEqual({ three: [] })
    await site.inventory('three')
    await site.must(['apply', '-f', site.spec('two', SPEC), '--yes', '--wait'], { timeoutMs: 280_000 })
    expect(await table(one, { three })).toEqual({ three: [6443, 10_250] })
    expect(await reached(two, three.address, PORTS)).toEqual([80, 443, 10_250])
  })

  test('what somebody flushes is back by itself', async () => {
    await one.must('nft flush ruleset')
    await until('the rules', async () => ((await reached(site.lab.stranger, one.address, [22])).length === 0 ? true : null))
    expect(await reached(site.lab.admin, one.address, [22])).toEqual([22])
  })

  test('the deleted cluster leaves no trace of it', async () => {
    await site.must(['delete', 'cluster', CLUSTER, '--confirm', CLUSTER, '--wait'], { timeoutMs: 280_000 })
    expect(await list(site, 'clusters', ClusterSchema)).toEqual([])
    for (const host of [one, two]) {
      expect(await host.must('nft list ruleset; systemctl list-units --all --no-legend "drover-firewall*"')).not.toContain('drover')
      expect((await host.sh('ls /etc/drover/firewall /var/lib/drover/firewall /etc/systemd/system/drover-firewall.service')).stdout).toBe('')
    }
    expect(await table(one, { stranger: site.lab.stranger })).toEqual({ stranger: PORTS })
  })
})
