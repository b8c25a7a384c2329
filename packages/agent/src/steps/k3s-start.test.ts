import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { HostIdSchema, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { HOST, hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf, setStartFault } from '@drover/test/kit/fake-host/fake-host.ts'
import { simUnitDo } from '@drover/test/kit/fake-host/sim-systemd.ts'
import { changeWorld, readWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'
import { readEtcd } from '../facts/readers/etcd.ts'
import type { LoopbackRequest } from '../host/host.ts'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const order = (change: Partial<StepParams<'k3s.start'>> = {}, place = 0): TypedOrder =>
  ({ ...orderOf('k3s.start', place), params: { ...PARAMS['k3s.start'], ...change } }) as TypedOrder
const fatal = (text: string): string => `time="t" level=fatal msg="Error: preparing server: failed to bootstrap cluster data: ${text}"`
const CUT = fatal('failed to reconcile with local datastore: no bootstrap data found in datastore - check server token value and verify datastore integrity')
const JOIN = 'server: "https://10.0.0.12:6443"\nnode-name: one\nnode-ip: 10.0.0.11\n'
const drop = (root: string, text: string): void => writeFileSync(`${root}/etc/rancher/k3s/config.yaml.d/50-drover.yaml`, text)

describe('k3s.start', () => {
  it.each([
    ['is of another incarnation', { incarnation: 2 }, 'order.claim'],
    ['would initialise although the order says that it joins', { initialises: false }, 'k3s.seed'],
  ] as const)('refuses to start what %s', async (_name, change, code) => {
    const root = await fresh('k3s.start')
    expect(await carryOut({ root, order: order(change) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
    expect(ledgerOf(root)).toEqual([])
  })

  it('refuses to initialise on a host that is not the seed of its claim', async () => {
    const root = await fresh('k3s.start')
    writeFileSync(`${root}/var/lib/drover/claim.json`, JSON.stringify({ cluster: 'home', incarnation: 1, seed: HostIdSchema.parse('h-bbbbbbbbbbbbbbbb') }))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.seed' })
    expect(HOST).not.toBe('h-bbbbbbbbbbbbbbbb')
  })

  it('refuses an order to initialise where the settings name a server to join', async () => {
    const root = await fresh('k3s.start')
    drop(root, 'server: "https://10.0.0.12:6443"\n')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.seed' })
    expect(await carryOut({ root, order: order({ initialises: false }, 1) })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root)).toEqual(['start server'])
  })

  it('refuses to make a second cluster where the first one ran here and its data is gone; with a peer in its settings it joins', async () => {
    const root = await fresh('k3s.start')
    writeFileSync(`${root}/var/lib/drover/k3s-was-active`, '')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.data-gone', undone: 'nothing-to-undo' })
    drop(root, JOIN)
    expect(await carryOut({ root, order: order({}, 1) })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root)).toEqual(['start server'])
  })

  it('lets a seed that has data go on whichever server its settings name', async () => {
    const root = await fresh('k3s.start')
    drop(root, JOIN)
    mkdirSync(`${root}/var/lib/rancher/k3s/server/db/etcd/member`, { recursive: true })
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root)).toEqual(['start server'])
  })

  it('does not restart what runs because of another server in its settings, but for any other change', async () => {
    const root = await fresh('k3s.start')
    drop(root, JOIN)
    await carryOut({ root, order: order({ initialises: false }, 1) })
    const begun = ledgerOf(root).length
    drop(root, JOIN.replace('10.0.0.12', '10.0.0.13'))
    expect(await carryOut({ root, order: order({ initialises: false }, 2) })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root)).toHaveLength(begun)
    drop(root, JOIN.replace('one', 'other'))
    await carryOut({ root, order: order({ initialises: false }, 3) })
    expect(ledgerOf(root).length).toBeGreaterThan(begun)
  })

  it.each(['missing', 'damaged'])('refuses a host whose claim is %s', async (how) => {
    const root = await fresh('k3s.config')
    if (how === 'damaged') writeFileSync(`${root}/var/lib/drover/claim.json`, '{')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'order.claim', message: `claim.json is ${how}` })
  })

  it('names the port that something else holds, before anything is started', async () => {
    const root = await fresh('k3s.start')
    const row = '   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0'
    writeFileSync(`${root}/proc/net/tcp`, `  sl  local_address rem_address   st\n${row}\n`)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.port', message: 'tcp/6443 is in use', undone: 'nothing-to-undo' })
  })

  it.each([
    ['k3s.token', fatal('token CA hash does not match the Cluster CA certificate hash: aa != bb')],
    ['k3s.mismatch', fatal('failed to validate server configuration: critical configuration value mismatch between servers')],
    ['k3s.unreached', fatal('failed to get CA certs: dial tcp 10.0.0.9:6443: connect: no route to host')],
  ])('fails with %s and k3s\'s own words, stops it and disables it', async (code, line) => {
    const root = await fresh('k3s.start')
    setStartFault(root, line)
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'FAILED', code, undone: 'undone' })
    expect('evidence' in end ? end.evidence : '').toContain('level=fatal')
    expect(readWorld(root).units['k3s']).toMatchObject({ active: 'inactive', enabled: false })
    expect(existsSync(`${root}/var/lib/drover/k3s-started.json`)).toBe(false)
  })

  it('cures a first start that was cut short: sets the empty data aside, once, and starts anew', async () => {
    const root = await fresh('k3s.start')
    setStartFault(root, CUT)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { cured: true } })
    const aside = readdirSync(`${root}/var/lib/rancher/k3s/server`).filter((name) => name.includes('.aside-'))
    expect(aside.toSorted()).toEqual([`db.aside-${order().id}`, `tls.aside-${order().id}`])
  })

  it('never cures a host that once was active', async () => {
    const root = await fresh('k3s.start')
    writeFileSync(`${root}/var/lib/drover/k3s-was-active`, '')
    mkdirSync(`${root}/var/lib/rancher/k3s/server/db/etcd/member`, { recursive: true })
    setStartFault(root, CUT)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.bootstrap-cut', undone: 'undone' })
    expect(readdirSync(`${root}/var/lib/rancher/k3s/server`).filter((name) => name.includes('.aside-'))).toEqual([])
  })

  it('never moves the data of a server that joins aside', async () => {
    const root = await fresh('k3s.start')
    drop(root, JOIN)
    setStartFault(root, CUT)
    const server = `${root}/var/lib/rancher/k3s/server`
    mkdirSync(`${server}/db.aside-${order().id}`, { recursive: true })
    expect(await carryOut({ root, order: order({ initialises: false }) })).toMatchObject({ type: 'FAILED', code: 'k3s.bootstrap-cut' })
    expect(readdirSync(server).filter((name) => name.includes('.aside-'))).toEqual([`db.aside-${order().id}`])
    expect(existsSync(`${server}/db/etcd/member`)).toBe(true)
  })

  it('leaves a server that may have a vote running where its start fails', async () => {
    const root = await fresh('k3s.start')
    drop(root, JOIN)
    setStartFault(root, fatal('something new'))
    expect(await carryOut({ root, order: order({ initialises: false }) })).toMatchObject({ type: 'FAILED', code: 'k3s.start', undone: 'undo-failed' })
    expect(readWorld(root).units['k3s']).toMatchObject({ active: 'activating', enabled: true })
  })

  it('restarts a server whose member etcd has removed, once, so that it joins anew', async () => {
    const root = await fresh('k3s.start')
    drop(root, JOIN)
    const removed = 'time="t" level=info msg="This node has been removed from the cluster - please restart k3s to rejoin the cluster"'
    setStartFault(root, removed)
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      if (name === 'unitDo' && what === 'stop') setStartFault(root, null)
      return go()
    })
    expect(await carryOut({ root, order: order({ initialises: false }), host })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root)).toEqual(['start server', 'stop', 'start server'])
    const again = await fresh('k3s.start')
    drop(again, JOIN)
    setStartFault(again, removed)
    expect(await carryOut({ root: again, order: order({ initialises: false }) })).toMatchObject({ type: 'FAILED', code: 'k3s.removed' })
    expect(ledgerOf(again)).toEqual(['start server', 'stop', 'start server'])
  })

  it('stays on etcd until the member of this server votes and is healthy', async () => {
    const root = await fresh('k3s.start')
    drop(root, 'cluster-init: true\nnode-name: one\nnode-ip: 10.0.0.11\n')
    const learner = { ...hostOf(root), get: async (request: LoopbackRequest) => (request.url.endsWith('/status') ? { status: 200, body: '{"header":{"member_id":"5"},"isLearner":true}' } : hostOf(root).get(request)) }
    expect(await carryOut({ root, order: order({ datastore: 'etcd' }), host: learner })).toMatchObject({ type: 'FAILED', code: 'k3s.start', message: expect.stringMatching(/^its etcd member is a learner/) as string })
    expect(await carryOut({ root, order: order({ datastore: 'etcd' }, 1) })).toMatchObject({ type: 'DONE' })
    expect((await readEtcd(hostOf(root)))?.member).toBe('voter')
    changeWorld(root, ({ etcd }) => void (etcd !== null && (etcd.healthy = false)))
    expect(await carryOut({ root, order: order({ datastore: 'etcd' }, 2) })).toMatchObject({ type: 'FAILED', message: expect.stringMatching(/^its etcd member says that it is not healthy/) as string })
    expect(await carryOut({ root, order: order({}, 3) })).toMatchObject({ type: 'DONE' })
  })

  it('completes a cure that was cut short itself', async () => {
    const root = await fresh('k3s.start')
    const server = `${root}/var/lib/rancher/k3s/server`
    for (const name of [`db.aside-${order().id}`, 'tls']) mkdirSync(`${server}/${name}`, { recursive: true })
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { cured: true } })
    expect(existsSync(`${server}/tls.aside-${order().id}`)).toBe(true)
  })

  it('completes a cure that a power cut ended, although k3s was started at boot with one half of it', async () => {
    const root = await fresh('k3s.start')
    const server = `${root}/var/lib/rancher/k3s/server`
    for (const name of [`db.aside-${order().id}`, 'tls']) mkdirSync(`${server}/${name}`, { recursive: true })
    setStartFault(root, CUT)
    simUnitDo(root, 'start', 'k3s')
    const running = (): boolean => readWorld(root).units['k3s']?.active !== 'inactive'
    const host = wrapChanges(hostOf(root), (name, what, go) => {
      if (name === 'rename' && running()) throw new Error(`${what} is moved away from a k3s that runs`)
      return go()
    })
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'DONE', result: { cured: true } })
    const aside = readdirSync(server).filter((name) => name.includes('.aside-'))
    expect(aside.toSorted()).toEqual([`db.aside-${order().id}`, `db.aside-${order().id}-2`, `tls.aside-${order().id}`])
  })

  it('does not take the ports of a k3s that is stopping for somebody else\'s', async () => {
    const root = await fresh('k3s.start')
    const row = '   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0'
    writeFileSync(`${root}/proc/net/tcp`, `  sl  local_address rem_address   st\n${row}\n`)
    const real = hostOf(root)
    let looks = 0
    const host = { ...real, unit: async (name: string) => ({ ...(await real.unit(name)), ...((looks += 1) === 1 ? { active: 'deactivating' } : {}) }) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'DONE' })
  })

  it('restarts once what runs with older settings, and leaves alone what runs with these', async () => {
    const root = await fresh('kubeconfig.read')
    expect(ledgerOf(root).filter((line) => line === 'start server')).toHaveLength(1)
    await carryOut({ root, order: order({}, 1) })
    expect(ledgerOf(root).filter((line) => line === 'start server')).toHaveLength(1)
    drop(root, 'debug: true\n')
    await carryOut({ root, order: order({}, 2) })
    await carryOut({ root, order: order({}, 3) })
    expect(ledgerOf(root).filter((line) => line === 'start server')).toHaveLength(2)
  })

  it('does not call a server done whose /readyz does not say ok', async () => {
    const root = await fresh('k3s.start')
    const host = { ...hostOf(root), get: async () => ({ status: 503, body: 'etcd failed' }) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'k3s.start', message: expect.stringMatching(/^\/readyz says 503 etcd failed(?:: |$)/) as string })
    const ended = 'time="t" level=error msg="Shutdown request received: \\"kubelet exited: failed to validate kubelet configuration, error: cgroup v1\\""'
    const later = { ...hostOf(root), get: async () => null, log: async () => ({ lines: [ended], cursor: 'c' }) }
    expect(await carryOut({ root, order: order({}, 2), host: later })).toMatchObject({
      message: 'k3s does not come up: Shutdown request received: "kubelet exited: failed to validate kubelet configuration, error: cgroup v1"',
    })
    const silent = { ...hostOf(root), get: async () => null }
    expect(await carryOut({ root, order: order({}, 1), host: silent })).toMatchObject({ message: expect.stringMatching(/^\/readyz does not answer(?:: |$)/) as string })
  })
})
