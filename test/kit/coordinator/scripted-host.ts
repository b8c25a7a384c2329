import { createHash } from 'node:crypto'
import { BARE_FACTS, ClusterNameSchema, type EtcdMember, type FromAgent, type HelloFacts, type HostFacts, type HostId, HostIdSchema, type Inventory, isStepKind, type Order, type OrderReport, type OwnFacts, type SnapshotFact, STEPS, type StepDefinition, type ToldFacts, type View } from '@drover/protocol'
import { fromText, fromUtf8, hostIdOf, makeToken, tokenSigningKey } from '@drover/protocol/node'
import type { Arrival } from '../../../packages/coordinator/src/hub/index.ts'
import { insertJoinToken } from '../../../packages/coordinator/src/store/join-tokens.ts'
import { MEASURED } from '../builders/host.ts'
import { makeHost, type TestHost } from '../wire/identity.ts'
import { answerProbes } from './answer-probes.ts'
import type { TestCoordinator } from './coordinator.ts'

/** A host that does what orders say by their predicted effects, and says so; its truth outlives a coordinator. */
export type ScriptedHost = {
  readonly id: HostId
  readonly name: string
  readonly keys: TestHost
  readonly labels: Readonly<Record<string, string>>
  readonly ip: string
  facts: Truth
  /** Each order that it began, once, in order: the ledger. */
  readonly ledger: Order[]
  /** How each order ended, to be told again until the coordinator has it. */
  readonly outbox: Map<string, OrderReport>
  /** How a port answers that it is asked to dial as a witness; null: it never answers. */
  witness: (target: { readonly host: HostId; readonly ip: string; readonly port: number }) => 'open' | 'refused' | 'timeout' | null
  /** Probes that it was asked for and has answered. */
  readonly probed: Set<string>
  /** Asked before an order is carried out: a report instead of the effect makes it end so. */
  script: (order: Order) => Partial<Extract<OrderReport, { state: 'failed' }>> | null
}

type Truth = OwnFacts

/** What hosts of one cluster share: the Nodes that its API knows. */
export type ScriptedNodes = Record<string, { ready: boolean; cordoned: boolean; version: string; ip: string; votes?: true }>

/** A host that nothing is on. */
export const makeScriptedHost = (about: { readonly name: string; readonly ip: string; readonly labels?: Readonly<Record<string, string>>; readonly facts?: Partial<HelloFacts> }): ScriptedHost => {
  const keys = makeHost({ hostname: about.name, ...about.facts })
  return {
    name: about.name, ip: about.ip, labels: about.labels ?? {}, keys,
    id: HostIdSchema.parse(hostIdOf(keys.node.publicKey)),
    facts: BARE_FACTS,
    ledger: [],
    outbox: new Map(),
    witness: () => 'refused',
    probed: new Set(),
    script: () => null,
  }
}

/** Enrols a host with a token of its own, connects it and lets it report what it is. */
export const enrolHost = async (coordinator: TestCoordinator, host: ScriptedHost, limits: { readonly role?: 'server' | 'agent'; readonly cluster?: string } = {}): Promise<void> => {
  const { context, decide, clock } = coordinator
  const token = makeToken('join')
  await coordinator.token('operator')
  await insertJoinToken(context.db, {
    id: token.id, publicKey: tokenSigningKey(token).publicKey, usesLeft: 1, role: limits.role ?? 'any', cluster: limits.cluster ?? null, cidrs: [], labels: host.labels, approve: 'auto', replaces: null,
    createdBy: 'operator-person', createdAt: clock.now(), expiresAt: clock.now() + 60_000, revokedAt: null,
  })
  const body = { ...host.keys.facts, versions: [1], minVersion: 1, coordinatorPinned: '', tlsPin: '', enrolment: null, wallTime: clock.now() }
  const decision = await decide.enrol({ nodePub: host.keys.node.publicKey, sealPub: host.keys.sealPub, body, remoteAddress: host.ip, tokenId: token.id })
  if (!decision.ok) throw new Error(`not let in: ${decision.code}`)
  await connectHost(coordinator, host)
}

const arrival = (id: string): Arrival => ({ id, waitedMs: 0 })

/** The host's session opens: it says what it is, and what it still has to say. */
export const connectHost = async (coordinator: TestCoordinator, host: ScriptedHost, nodes: ScriptedNodes = {}): Promise<void> => {
  const session = coordinator.hub.connect(host.id)
  coordinator.events.onOpen?.(session)
  await coordinator.context.turn(() => Promise.resolve())
  await coordinator.handlers.inventory(session, { ageMs: { hardware: 0, network: 0, state: 0 }, sections: inventoryOf(host) }, arrival('i'))
  await tellOutbox(coordinator, host)
  await tellFacts(coordinator, host, nodes)
}

/** The host's session is cut. */
export const cutHost = async (coordinator: TestCoordinator, host: ScriptedHost): Promise<void> => {
  const session = coordinator.hub.disconnect(host.id)
  if (session !== null) coordinator.events.onClose?.(session, 1006)
  await coordinator.context.turn(() => Promise.resolve())
}

/** Carries out every order that came and was not begun before, tells how each ended, then the facts. */
export const work = async (coordinator: TestCoordinator, host: ScriptedHost, nodes: ScriptedNodes): Promise<void> => {
  if (coordinator.hub.session(host.id) === undefined) return
  carryOutNew(coordinator, host, nodes)
  await tellOutbox(coordinator, host)
  await tellFacts(coordinator, host, nodes)
  await answerProbes(coordinator, host)
}

/** Carries out every order that came and was not begun before; how each ended is in the outbox. */
export const carryOutNew = (coordinator: TestCoordinator, host: ScriptedHost, nodes: ScriptedNodes): void => {
  if (host.facts.etcd === 'learner' && nodes[host.name]?.votes === true) host.facts = { ...host.facts, etcd: 'voter' }
  for (const order of newOrders(coordinator, host)) if (!isAwaiting(order, nodes)) carryOut(host, order, nodes)
}

type MemberParams = { readonly node?: string; readonly role?: string; readonly initialises?: boolean; readonly datastore?: string }
const paramsOf = ({ params }: Order): MemberParams => (params ?? {}) as MemberParams

/** A promotion waits until its learner is there. */
const isAwaiting = (order: Order, nodes: ScriptedNodes): boolean => order.kind === 'etcd.promote' && nodes[paramsOf(order).node ?? ''] === undefined

/** Who joins etcd is a learner first, unless it votes already. */
const isJoin = (order: Order, { facts }: ScriptedHost): boolean => {
  const { role, initialises, datastore } = paramsOf(order)
  return order.kind === 'k3s.start' && role === 'server' && initialises === false && datastore === 'etcd' && facts.etcd === 'none'
}

/** Orders that came over the session and were not begun before. */
export const newOrders = (coordinator: TestCoordinator, host: ScriptedHost): Order[] => {
  const messages = (coordinator.hub.sent.get(host.id) ?? []).filter((message) => message.t === 'order')
  const orders = messages.map((message) => JSON.parse(fromUtf8(fromText((message.body as { order: string }).order) ?? new Uint8Array()) ?? '') as Order)
  return [...new Map(orders.map((order) => [order.id as string, order])).values()].filter((order) => !host.ledger.some((done) => done.id === order.id))
}

type AnyStep = StepDefinition<string, unknown, unknown>

const promote = (order: Order, nodes: ScriptedNodes): void => {
  const promoted = nodes[paramsOf(order).node ?? '']
  if (promoted !== undefined) promoted.votes = true
}

const tellNode = (host: ScriptedHost, nodes: ScriptedNodes): void => {
  if (host.facts.k3s?.state === 'active') nodes[host.name] = { ...nodes[host.name], ready: true, cordoned: false, version: host.facts.binary?.version ?? '', ip: host.ip }
  else Reflect.deleteProperty(nodes, host.name)
}

const carryOut = (host: ScriptedHost, order: Order, nodes: ScriptedNodes): void => {
  host.ledger.push(order)
  const failure = host.script(order)
  if (failure !== null) {
    host.outbox.set(order.id, { order: order.id, attempt: order.attempt, state: 'failed', code: 'step.failed', message: 'it did not work', evidence: '', undone: 'undone', elapsedMs: 5, ...failure } as OrderReport)
    return
  }
  if (!isStepKind(order.kind)) throw new Error(`no step ${order.kind}`)
  const effect = (STEPS[order.kind] as unknown as AnyStep).effect(viewOf(host), host.id, order.params)
  const patch: Partial<HostFacts> = effect.hosts?.[host.id] ?? {}
  host.facts = { ...host.facts, ...patch, ...(isJoin(order, host) ? { etcd: 'learner' as const } : {}) }
  if (order.kind === 'etcd.promote') promote(order, nodes)
  tellNode(host, nodes)
  const result = order.kind === 'kubeconfig.read' ? { sealed: 'c2VhbGVk' } : {}
  host.outbox.set(order.id, { order: order.id, attempt: order.attempt, state: 'done', result, recovered: false, elapsedMs: 5 })
}

const viewOf = (host: ScriptedHost): View => {
  const facts = Object.fromEntries(Object.entries(host.facts).map(([name, value]) => [name, { value, seenAt: 0 }]))
  return { cluster: '', hosts: { [host.id]: { name: host.name, online: { value: true, seenAt: 0 }, labels: {}, arch: 'amd64', cluster: null, facts } }, facts: {} } as unknown as View
}

/** Tells every end that was not taken yet; what was taken is forgotten, as an agent does. */
export const tellOutbox = async (coordinator: TestCoordinator, host: ScriptedHost): Promise<void> => {
  const session = coordinator.hub.session(host.id)
  if (session === undefined) return
  for (const [id, report] of host.outbox) {
    await coordinator.handlers.report(session, report, arrival(`r-${id}`))
    host.outbox.delete(id)
  }
}

/** Tells the facts as they are now. */
export const tellFacts = async (coordinator: TestCoordinator, host: ScriptedHost, nodes: ScriptedNodes): Promise<void> => {
  const session = coordinator.hub.session(host.id)
  if (session === undefined) return
  if (host.facts.k3s?.role === 'server') await coordinator.handlers.nodes(session, nodesOf(nodes), arrival('n'))
  await coordinator.handlers.facts(session, factsOf(host), arrival('f'))
}

const nodesOf = (nodes: ScriptedNodes): FromAgent<'nodes'> => ({
  reading: 1, part: 0, parts: 1,
  nodes: Object.entries(nodes).map(([name, { votes: _votes, ...node }]) => ({ name, ...node })),
})

/** What is in every snapshot of a scripted host. */
export const SNAPSHOT_BYTES: Uint8Array = Buffer.alloc(4096, 'a')

/** A whole snapshot as a host reports it, of 10 objects more than its place in the order of taking. */
const snapshotOf = (name: string, about: { readonly cluster: string; readonly incarnation: number; readonly at: number; readonly datastore: SnapshotFact['datastore'] }): SnapshotFact => ({
  name, cluster: ClusterNameSchema.parse(about.cluster), incarnation: about.incarnation, datastore: about.datastore, at: about.at, bytes: SNAPSHOT_BYTES.length, sha256: createHash('sha256').update(SNAPSHOT_BYTES).digest('hex'),
  grade: 'consistent', objects: 10 + about.at, version: 'v1.36.2+k3s1', token: '0123456789ab', opens: true,
})

/** Members are numbered by their addresses, and the one that ends in 11 leads. */
const etcdOf = (member: EtcdMember, ip: string): ToldFacts['etcd'] => {
  if (member === 'none') return null
  const role = member === 'learner' ? 'learner' : 'voter'
  return { id: ip.replaceAll('.', ''), member: role, healthy: member === 'voter', leader: member === 'unhealthy' ? null : '100011', raftIndex: 1, members: null }
}

/** The message with the facts of a host; a server's names the nodes that it told before. */
export const factsOf = (host: ScriptedHost): FromAgent<'facts'> => {
  const { k3s, snapshots, schedule, etcd } = host.facts
  const isServer = k3s?.role === 'server'
  const facts: ToldFacts = {
    ...host.facts,
    k3s: k3s === null ? null : { restarts: 0, lastFatal: null, ...k3s },
    snapshots: Object.entries(snapshots).map(([name, held], index) => snapshotOf(name, { ...held, at: index, datastore: host.facts.config?.text.includes('etcd-arg') === true ? 'etcd' : 'sqlite' })),
    schedule: schedule === null ? null : { text: schedule, fired: {} },
    etcd: etcdOf(etcd, host.ip),
  }
  return {
    ageMs: 0,
    facts: structuredClone(facts) as FromAgent<'facts'>['facts'],
    cluster: isServer ? { ready: k3s.state === 'active', nodes: 1 } : null,
  }
}

/** The inventory of a host: the same machine for all, but for the address. */
export const inventoryOf = (host: Pick<ScriptedHost, 'name' | 'ip'>): Inventory => {
  const address = { iface: 'eth0', ip: host.ip, prefix: 24, dynamic: false }
  return {
    hardware: {
      system: { manufacturer: 'QEMU', model: 'Standard PC', uuid: '', virtual: true },
      bios: { vendor: 'SeaBIOS', version: '1' },
      os: { distro: 'Debian', release: '12', codename: 'bookworm', kernel: '6.1', arch: 'amd64', hostname: host.name },
      cpu: { brand: 'Test', cores: MEASURED.cpus, physicalCores: MEASURED.cpus },
      memoryMb: MEASURED.memoryMb,
      disks: [],
    },
    network: {
      nics: [{ name: 'eth0', mac: '52:54:00:00:00:01', mtu: 1500, state: 'up', physical: true, kind: null, addresses: [address] }],
      routes: [],
      defaultRoute: { iface: 'eth0', via: '10.0.0.254', source: host.ip, evidence: 'default via 10.0.0.254 dev eth0' },
    },
    state: {
      cgroup: 'v2',
      modules: {},
      usedPorts: [],
      foreignK3s: [],
      kernel: { ...MEASURED.kernel },
      data: { path: '/var/lib/rancher', filesystem: 'ext4', freeMb: MEASURED.diskFreeMb, fsyncP99Us: MEASURED.fsyncP99Us },
    },
  }
}
