import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BARE_TOLD, type HostId, type NodesMessage } from '@drover/protocol'
import { hostIdOf, tokenText } from '@drover/protocol/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../../packages/agent/src/config.ts'
import { createReadCluster, type ReadCluster } from '../../../packages/agent/src/facts/read-cluster.ts'
import { openLinkStore } from '../../../packages/agent/src/resident/link-store.ts'
import { openNodeKeys } from '../../../packages/agent/src/resident/node-keys.ts'
import { type Resident, runResident } from '../../../packages/agent/src/resident/run-resident.ts'
import type { HubHandler, HubSession } from '../../../packages/coordinator/src/hub/index.ts'
import { viewOf } from '../../../packages/coordinator/src/world/view.ts'
import { startTestCoordinator, type TestCoordinator } from '../../kit/coordinator/coordinator.ts'
import { enrolHost, makeScriptedHost } from '../../kit/coordinator/scripted-host.ts'
import { newAuthority, signLeaf } from '../../kit/k3s-double/src/pki/certificates.ts'
import { newKey } from '../../kit/k3s-double/src/pki/keys.ts'
import { type CoordinatorHalf, type FromHost, startCoordinatorHalf } from '../../kit/resident/coordinator-half.ts'
import { eventually } from '../../kit/wire/eventually.ts'
import { plainFacts } from '../../kit/wire/identity.ts'

const COUNT = 1_200
const nameOf = (index: number): string => `node-${String(index)}-`.padEnd(253, 'x')
const K3S = { role: 'server', state: 'active', wasActive: true, current: true, incarnation: 1, restarts: 0, lastFatal: null } as const
const BARE = { value: { facts: BARE_TOLD, cluster: null }, seenAt: 0 }
const COLUMNS = ['Name', 'Status', 'Roles', 'Age', 'Version', 'Internal-IP'].map((name) => ({ name }))

/** A real API over TLS in front of a real agent, whose messages travel over the real wire into a real coordinator's intake. */
describe('a server whose API shows 1,200 nodes with the longest names', () => {
  let folder: string
  let api: Server
  let readCluster: ReadCluster
  let notReady: ReadonlySet<number>
  let half: CoordinatorHalf
  let coordinator: TestCoordinator
  let residents: Resident[]
  let session: HubSession | null
  let server: HostId

  const startApi = async (): Promise<void> => {
    const [authority, clients, key, adminKey] = await Promise.all([newAuthority('server-ca'), newAuthority('client-ca'), newKey(), newKey()])
    const cert = await signLeaf(authority, { commonName: 'k3s', use: 'server', names: ['127.0.0.1'] }, key)
    writeFileSync(join(folder, 'server-ca.crt'), authority.certificate)
    writeFileSync(join(folder, 'client-admin.crt'), await signLeaf(clients, { commonName: 'system:admin', organization: 'system:masters', use: 'client' }, adminKey))
    writeFileSync(join(folder, 'client-admin.key'), adminKey.pem)
    api = createServer({ key: key.pem, cert, ca: clients.certificate, requestCert: true }, (request, response) => {
      const rows = Array.from({ length: COUNT }, (_, index) => ({ cells: [nameOf(index), notReady.has(index) ? 'NotReady' : 'Ready', '<none>', '5m', 'v1.36.2+k3s1', '10.0.0.1'] }))
      response.end(request.url === '/readyz' ? 'ok' : JSON.stringify({ kind: 'Table', columnDefinitions: COLUMNS, rows }))
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    readCluster = createReadCluster({ url: `https://127.0.0.1:${String((api.address() as AddressInfo).port)}`, tls: folder })
  }
  const startAgent = async (): Promise<void> => {
    const config = readConfig(join(folder, 'agent.json'))
    const keys = openNodeKeys(join(folder, 'keys'))
    server = hostIdOf(keys.node.publicKey) as HostId
    residents.push(await runResident({
      link: {
        coordinator: { urls: config.urls, pin: config.pin, key: config.coordinator },
        keys: { node: keys.node, sealPub: keys.seal.publicKey },
        store: openLinkStore({ record: join(folder, 'enrolment.json'), token: join(folder, 'join-token'), coordinator: config.coordinator }),
        times: { retry: () => 20 },
      },
      hello: () => async () => plainFacts,
      host: { read: async () => ({ code: 0, stdout: '', stderr: '', timedOut: false }) },
      orders: () => ({
        submit: async () => undefined, acknowledge: async () => undefined, pending: () => [], open: () => 0,
        start: async () => undefined, stop: () => undefined, journalHead: async () => ({ count: 0, hash: null }), maxEpochSeen: async () => 0,
      }),
      readFacts: async () => ({ facts: { ...BARE_TOLD, k3s: K3S }, cluster: await readCluster() }),
      collect: async () => ({ sections: {}, failed: {} }),
      onLink: () => undefined,
      log: () => undefined,
    }))
  }
  /** One cluster of the agent's own host and 1,200 more that are called as the nodes are. */
  const startCoordinator = async (): Promise<void> => {
    coordinator = await startTestCoordinator()
    const { world } = coordinator.context
    const first = makeScriptedHost({ name: 'server', ip: '10.0.0.1' })
    await enrolHost(coordinator, first)
    const row = world.hosts.get(first.id)
    if (row === undefined) throw new Error('not enrolled')
    world.hosts.clear()
    const ids = Array.from({ length: COUNT }, (_, index) => `h-${String(index).padStart(16, '0')}` as HostId)
    for (const [index, id] of ids.entries()) world.hosts.set(id, { ...row, id, name: nameOf(index), facts: BARE })
    for (const id of ids) world.live.set(id, { online: true, onlineAt: 0, clockOffsetMs: 0 })
    world.hosts.set(server, { ...row, id: server, name: 'main', publicKey: openNodeKeys(join(folder, 'keys')).node.publicKey, facts: null })
    const roles = { ...Object.fromEntries(ids.map((id) => [id, 'agent' as const])), [server]: 'server' as const }
    world.clusters.set('home', { name: 'home', settled: { roles, node: {} } } as never)
  }
  /** What the hub took in goes into the coordinator's intake, under the session that brought it. */
  const forward = (): void => {
    half.onOpen.call = (opened) => void (session = opened)
    half.onMessage.store = async ({ t, body }) => {
      if (session !== null && (t === 'nodes' || t === 'facts')) await (coordinator.handlers[t] as HubHandler<unknown>)(session, body, { id: 'id', waitedMs: 0 })
    }
  }
  const nodes = (): (string | undefined)[] => {
    const { hosts } = viewOf(coordinator.context.world, { cluster: 'home', hosts: 'members', now: coordinator.clock.now() })
    return Object.values(hosts).filter((host) => host.name !== 'main').map((host) => host.facts.node?.value)
  }
  const counts = (): Record<string, number> => Object.fromEntries(Object.entries(Object.groupBy(nodes(), (state) => state ?? 'unknown')).map(([state, all]) => [state, all?.length ?? 0] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const sees = (wanted: Record<string, number>): Promise<unknown> => eventually(JSON.stringify(wanted), () => JSON.stringify(counts()) === JSON.stringify(wanted))

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drover-nodes-'))
    ;[residents, session, notReady] = [[], null, new Set()]
    await startApi()
    half = await startCoordinatorHalf()
    writeFileSync(join(folder, 'agent.json'), half.agentJson)
    writeFileSync(join(folder, 'join-token'), tokenText(half.registry.token()), { mode: 0o600 })
    server = hostIdOf(openNodeKeys(join(folder, 'keys')).node.publicKey) as HostId
    await startCoordinator()
  })
  afterEach(async () => {
    await Promise.all(residents.map((resident) => resident.stop()))
    await half.stop()
    await coordinator.remove()
    api.closeAllConnections()
    api.close()
    rmSync(folder, { recursive: true })
  })

  it('is seen whole by the planner, and a change of one node comes through', async () => {
    forward()
    await startAgent()
    await sees({ ready: COUNT })
    notReady = new Set([COUNT - 1])
    await half.send('observe', { everyMs: 250, forMs: 60_000 })
    await sees({ notReady: 1, ready: COUNT - 1 })
    expect(half.opened.length).toBe(1)
  })

  it('sends its nodes when its session opens and not again while they stay the same, however often facts are asked for', async () => {
    forward()
    await startAgent()
    await sees({ ready: COUNT })
    await half.send('observe', { everyMs: 250, forMs: 60_000 })
    const told = (t: string): FromHost[] => half.received.filter((one) => one.t === t)
    await eventually('eight facts', () => told('facts').length >= 8)
    const parts = told('nodes').map(({ body }) => (body as NodesMessage).parts)
    expect(parts.length).toBeLessThanOrEqual(2 * (parts[0] ?? 0))
  })

  it('is not known at all, rather than by half, where its session is lost between two parts, until all parts came again', async () => {
    forward()
    const store = half.onMessage.store
    let left = 2
    half.onMessage.store = async (message) => {
      if (message.t === 'nodes' && left-- === 0) throw new Error('the disk is full')
      expect(counts()).not.toHaveProperty('absent')
      await store(message)
    }
    await startAgent()
    await eventually('a second session', () => half.opened.length === 2)
    expect(left).toBe(-1)
    await sees({ ready: COUNT })
  })
})
