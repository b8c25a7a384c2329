import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClusterName, ClusterNameSchema, etcdArgs, type K3sConfig, NameSchema, type StepParams } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { k3sBinary, type K3sBinary } from '../drover/k3s-binary.ts'
import { openLab, type Lab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'
import { bundlePrintEtcd, putPrintEtcd, readEtcdOn } from './etcd-facts.ts'
import { bundleAgent, carryOut, claimOf, newSite, type OrderHost, prepareHost, putOrder, recordsOf, stepCommand } from './order-site.ts'

const CLUSTER: ClusterName = ClusterNameSchema.parse('home')
/** No pods: there are no images here. */
const BARE: K3sConfig = { disable: ['traefik', 'servicelb', 'metrics-server', 'local-storage', 'coredns'], 'disable-helm-controller': true }
const TIMING = { heartbeatMs: 100, electionMs: 1_000 }
const TLS = '/var/lib/rancher/k3s/server/tls/etcd'
const SERVERS = ['one', 'two', 'three'] as const
type Server = (typeof SERVERS)[number]

const isReal = (process.env['K3S_BIN'] ?? '') !== ''

describe.skipIf(skipOrFail())('servers that join an etcd, by orders on real hosts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-etcd-'))
  let k3s: K3sBinary
  let lab: Lab
  const on = new Map<Server, OrderHost>()
  const hostOf = (name: Server): OrderHost => {
    const found = on.get(name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }

  /** What etcd itself lists on a voter, as text, by the tools of this test alone. */
  const askOn = (name: Server, path: string, body = '{}'): Promise<string> =>
    hostOf(name).host.must(`curl -sS --cacert ${TLS}/server-ca.crt --cert ${TLS}/client.crt --key ${TLS}/client.key -d '${body}' https://127.0.0.1:2382/v3/cluster/member/${path}`)
  const listOn = (name: Server): Promise<string> => askOn(name, 'list')
  const factsOn = (name: Server): ReturnType<typeof readEtcdOn> => readEtcdOn(hostOf(name).host)

  const configOf = (name: Server, change: K3sConfig = {}): K3sConfig => {
    const { address } = hostOf(name).host
    const join = name === 'one' ? { 'cluster-init': true } : { server: `https://${hostOf('one').host.address}:6443` }
    const tokens = { 'token-file': '/etc/rancher/k3s/drover-server-token', 'agent-token-file': '/etc/rancher/k3s/drover-agent-token' }
    return { 'node-name': name, 'node-ip': address, 'advertise-address': address, 'tls-san': [address], ...tokens, ...join, 'etcd-disable-snapshots': true, 'etcd-arg': etcdArgs(TIMING), ...BARE, ...change }
  }
  const configure = async (name: Server, change: K3sConfig = {}) =>
    carryOut(hostOf(name), await putOrder(hostOf(name), 'k3s.config', { params: { role: 'server', claim: claimOf(hostOf('one')), config: configOf(name, change) } }))
  const startOf = (name: Server): StepParams<'k3s.start'> => ({ role: 'server', cluster: CLUSTER, incarnation: 1, initialises: name === 'one', datastore: 'etcd' })
  const promoteOf = (name: Server): StepParams<'etcd.promote'> => ({ cluster: CLUSTER, incarnation: 1, member: hostOf(name).id, node: NameSchema.parse(name), ip: hostOf(name).host.address })
  const start = async (name: Server) => carryOut(hostOf(name), await putOrder(hostOf(name), 'k3s.start', { params: startOf(name) }))
  /** Orders the vote on the first server; its records tell who gave it. */
  const promote = async (name: Server) => {
    const id = await putOrder(hostOf('one'), 'etcd.promote', { params: promoteOf(name) })
    return { end: await carryOut(hostOf('one'), id), records: await recordsOf(hostOf('one'), id) }
  }

  beforeAll(async () => {
    k3s = await k3sBinary(folder)
    process.stderr.write(`runs on ${k3s.words}\n`)
    const programs = { agent: await bundleAgent(), facts: await bundlePrintEtcd() }
    lab = await openLab({ name: `etcd-${String(process.pid)}`, hosts: SERVERS.map((name) => ({ name, node: true, k3sReal: k3s.isReal })) })
    const site = newSite()
    for (const name of SERVERS) {
      const prepared = await prepareHost(lab.host(name), site, programs.agent)
      await putPrintEtcd(prepared.host, programs.facts)
      await prepared.host.writeFile('/var/lib/drover/import/k3s', readFileSync(k3s.path))
      on.set(name, prepared)
    }
    const sha256 = (await hostOf('one').host.must('sha256sum /var/lib/drover/import/k3s')).slice(0, 64)
    for (const name of SERVERS) {
      await carryOut(hostOf(name), await putOrder(hostOf(name), 'binary.install', { params: { version: k3s.version, arch: 'amd64', sha256, origin: 'file', images: [] } }))
      await configure(name)
    }
  })
  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  it('the first server is a member that votes, alone', async () => {
    expect((await factsOn('one')).seen).toBe('none')
    expect(await start('one')).toMatchObject({ type: 'DONE' })
    const { seen, told } = await factsOn('one')
    expect(seen).toBe('voter')
    expect(told).toMatchObject({ leader: told?.id, healthy: true, members: [{ id: told?.id, learner: false }] })
    expect((await listOn('one')).split(`"ID":"${told?.id ?? ''}"`)).toHaveLength(2)
  })

  /** How a server joins while the first gives it its vote. */
  const joins = async (name: Server) => {
    const [started, { end, records }] = await Promise.all([start(name), promote(name)])
    const { seen, told } = await factsOn(name)
    return { id: told?.id, shown: { started: started?.type, seen, end, applied: records.find(({ type }) => type === 'APPLIED') } }
  }
  /** k3s gives votes too, by a clock of its own: this one was ours. */
  const joinedAs = (id: string | undefined, voters: number): object => ({
    started: 'DONE', seen: 'voter', end: { type: 'DONE', result: { id, voters } }, applied: { type: 'APPLIED', receipt: { id, promoted: true } },
  })

  it('a second one joins while the first gives it its vote', async () => {
    const { id, shown } = await joins('two')
    expect(shown).toMatchObject(joinedAs(id, 2))
  })

  it.each([
    ['k3s.node-name', { 'node-name': 'two' }],
    ['k3s.mismatch', { 'disable-helm-controller': false }],
    ['k3s.unreached', { server: 'https://10.0.0.250:6443' }],
  ] as const)('a third one is refused with %s where it is given %j, and is as it was', async (code, change) => {
    const before = await listOn('one')
    expect(await configure('three', change)).toMatchObject({ type: 'DONE' })
    const end = await start('three')
    expect(await configure('three')).toMatchObject({ type: 'DONE' })
    expect(end).toMatchObject({ type: 'FAILED', code, undone: 'undone' })
    expect(await hostOf('three').host.must('systemctl is-active k3s || true; systemctl is-enabled k3s || true')).toBe('inactive\ndisabled\n')
    expect((await listOn('one')).replaceAll(/"raft_term":"[0-9]+"/g, '')).toBe(before.replaceAll(/"raft_term":"[0-9]+"/g, ''))
  })

  it.skipIf(!isReal)('a third one that lost its power while it joined, and its member, joins as a new one', { timeout: 300_000 }, async () => {
    const id = await putOrder(hostOf('three'), 'k3s.start', { params: startOf('three') })
    await hostOf('three').host.must(stepCommand(id).join(' '))
    const peer = `https://${hostOf('three').host.address}:2380`
    const idOf = (list: string): string | null => (JSON.parse(list) as { members: { ID: string; peerURLs: string[] }[] }).members.find(({ peerURLs }) => peerURLs.includes(peer))?.ID ?? null
    const member = await until('its learner', async () => idOf(await listOn('one')), { everyMs: 20 })
    // Before that it knows of nobody, and nobody could tell it.
    await until('its copy of the data', async () => ((await hostOf('three').host.journal('k3s')).includes('"msg":"applied snapshot"') ? true : null), { everyMs: 100 })
    await hostOf('three').host.powerCut()
    await askOn('one', 'remove', JSON.stringify({ ID: member }))
    await hostOf('three').host.boot()
    const [end, given] = await Promise.all([carryOut(hostOf('three'), id), promote('three')])
    expect(end).toMatchObject({ type: 'DONE', recovered: true })
    expect(given.end).toMatchObject({ type: 'DONE', result: { voters: 3 } })
    expect((await factsOn('three')).told?.id).not.toBe(member)
  })

  it.skipIf(isReal)('a third one joins while the first gives it its vote', async () => {
    const { id, shown } = await joins('three')
    expect(shown).toMatchObject(joinedAs(id, 3))
  })

  it('all tell of the same members, by the ids that etcd prints', async () => {
    const facts = await Promise.all(SERVERS.map(factsOn))
    const ids = [...(await listOn('two')).matchAll(/"ID": *"([0-9]+)"/g)].map(([, id]) => id)
    expect(ids).toHaveLength(3)
    expect(new Set(facts.map(({ told }) => told?.id))).toEqual(new Set(ids))
    for (const { told } of facts) expect(told?.members).toEqual(facts[0]?.told?.members)
    expect(new Set(facts.map(({ told }) => told?.leader))).toEqual(new Set([facts[0]?.told?.leader]))
  })

  it('changes nothing and starts nothing when it is all ordered again', async () => {
    const picture = async (): Promise<string> => [await listOn('one'), ...(await Promise.all(SERVERS.map((name) => hostOf(name).host.must('systemctl show -p InvocationID,NRestarts k3s'))))].join('\n').replaceAll(/"raft_term":"[0-9]+"/g, '')
    const before = await picture()
    for (const name of SERVERS) expect(await start(name)).toMatchObject({ type: 'DONE', result: { seconds: 0 } })
    const { end, records } = await promote('two')
    expect(end).toMatchObject({ type: 'DONE', result: { voters: 3 } })
    expect(records.map(({ type }) => type)).not.toContain('APPLIED')
    expect(await picture()).toBe(before)
  })

  it('a server that lost the others knows that it cannot vote, without making others wait', async () => {
    for (const name of ['two', 'three'] as const) await hostOf(name).host.powerCut()
    await until('the first to see that it is alone', async () => ((await factsOn('one')).seen === 'voter' ? null : true), { everyMs: 200 })
    const id = await putOrder(hostOf('one'), 'etcd.promote', { params: { ...promoteOf('two'), node: NameSchema.parse('four'), ip: '10.0.0.99' } })
    expect(await carryOut(hostOf('one'), id)).toMatchObject({ type: 'FAILED', code: 'etcd.promote', undone: 'nothing-to-undo' })
  })
})
