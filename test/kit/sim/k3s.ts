import { DROVER, K3S } from '@drover/protocol'
import { type Config, configOf, Fatal, MEMBER, NAME, newStore, OBJECTS, type Own, readOwn, SERVER, SQLITE, storeNamed, TLS, TOMBSTONE } from './datastore.ts'
import { dropTree, moveTree, putText, textOf } from './disk.ts'
import { addLearner, newMember, reachesLeader } from './etcd.ts'
import { between, hear, type K3sUnit, type Machine, type SimK3s, type SimStore, type SimWorld } from './world.ts'

const BALANCER = `${K3S.data}/agent/etc/k3s-agent-load-balancer.json`

/** A run of k3s: what it may do to its unit, and the order that had it started. */
export type K3sRun = {
  readonly world: SimWorld
  readonly machine: Machine
  readonly unit: K3sUnit
  readonly k3s: SimK3s
  readonly by: string | null
  readonly log: (level: string, text: string) => void
  /** The unit says that it is up. */
  readonly ready: () => void
}

const pause = ({ world, k3s }: K3sRun, least: number, most = least): Promise<void> => world.timeline.pause(k3s.work, between(world, least, most))

/** Work, of which slow machines have more. */
const labour = ({ world, k3s }: K3sRun, least: number, most: number): Promise<void> => world.timeline.pause(k3s.work, between(world, least, most) * world.weather.slow)

/** True where a server's API answers: its port is open, and its datastore takes writes. */
export const isApiReady = (world: SimWorld, machine: Machine): boolean => {
  const { k3s } = machine
  if (k3s?.api !== true) return false
  return k3s.etcd === null || reachesLeader(world, machine)
}

/** What a member leaves on its disk. */
export const putMember = ({ machine: { disk } }: Pick<K3sRun, 'machine'>, { store, member }: Own): void => {
  for (const path of TLS) putText(disk, path, 'pem')
  putText(disk, MEMBER, JSON.stringify({ store: store.id, member }))
}

/** The name of a host's member, chosen once and kept with its data. */
export const memberName = ({ world, machine: { disk } }: Pick<K3sRun, 'world' | 'machine'>, node: string): string => {
  const name = textOf(disk, NAME) ?? `${node}-${between(world, 0, 0xffff_ffff).toString(16).padStart(8, '0')}`
  putText(disk, NAME, name)
  return name
}

/** The first server of a cluster: its member is there at once, its certificates are saved a while after. */
const initialise = async (run: K3sRun, config: Config): Promise<void> => {
  const { world, machine, k3s } = run
  const store = newStore(world, 'etcd')
  const member = newMember(world, { machine, name: memberName(run, config.node), learner: false })
  store.members.push(member)
  putMember(run, { store, member: member.id })
  k3s.etcd = { store, member: member.id }
  world.note(`${machine.name}: etcd is initialised`)
  world.deed({ what: 'initialise', machine: machine.name, store, by: run.by })
  store.objects = OBJECTS
  run.log('info', 'Managed etcd cluster initializing')
  await labour(run, 900, 2_500)
  store.saved = true
  world.deed({ what: 'save', machine: machine.name, store, by: run.by })
  await serve(run, store, config)
}

/** The first start on etcd of a server that was on SQLite: all is copied, then the file is renamed. Where that is cut short the next start does not go on with it. */
const moveToEtcd = async (run: K3sRun, config: Config): Promise<void> => {
  const { world, machine, k3s } = run
  const before = storeNamed(world, textOf(machine.disk, SQLITE) ?? '')
  const store = newStore(world, 'etcd')
  const member = newMember(world, { machine, name: memberName(run, config.node), learner: false })
  store.members.push(member)
  putMember(run, { store, member: member.id })
  k3s.etcd = { store, member: member.id }
  world.note(`${machine.name}: k3s moves its objects from SQLite to etcd`)
  world.deed({ what: 'move', machine: machine.name, store, by: run.by })
  await labour(run, 900, 3_000)
  store.objects = before.objects
  for (const [name, node] of before.nodes) store.nodes.set(name, { ...node })
  moveTree(machine.disk, SQLITE, `${SQLITE}.migrated`)
  store.saved = true
  await serve(run, store, config)
}

const onSqlite = async (run: K3sRun, config: Config): Promise<void> => {
  const { world, machine } = run
  const known = textOf(machine.disk, SQLITE)
  const store = known === null ? newStore(world, 'sqlite') : storeNamed(world, known)
  if (known === null) {
    putText(machine.disk, SQLITE, store.id)
    for (const path of TLS) putText(machine.disk, path, 'pem')
    store.objects = OBJECTS
    world.deed({ what: 'initialise', machine: machine.name, store, by: run.by })
  }
  await labour(run, 800, 2_000)
  store.saved = true
  await serve(run, store, config)
}

const REMOVED = 'This node has been removed from the cluster - please restart k3s to rejoin the cluster'

/** A member that was taken out learns of it from the others, and does nothing more until it is started again. */
const isLost = ({ world, machine, k3s }: K3sRun): boolean => {
  const { etcd } = k3s
  if (etcd === null || !etcd.store.gone.has(etcd.member)) return false
  return etcd.store.members.some((member) => world.machines.some((other) => other.name === member.machine && other !== machine && other.k3s?.etcd?.member === member.id && hear(world, machine, other)))
}

const lost = async (run: K3sRun): Promise<never> => {
  await pause(run, 1_500)
  run.log('error', REMOVED)
  putText(run.machine.disk, TOMBSTONE, '')
  run.k3s.api = false
  run.k3s.etcd = null
  await pause(run, 10 ** 9)
  throw new Fatal('ended')
}

const isVoting = ({ world, machine, k3s: { etcd } }: K3sRun): boolean =>
  etcd?.store.members.some(({ id, learner }) => id === etcd.member && !learner) === true && reachesLeader(world, machine)

/** k3s goes on once its own member votes and hears the leader. */
const awaitVote = async (run: K3sRun, own: Own): Promise<void> => {
  run.k3s.etcd = own
  for (let looks = 0; !isVoting(run); looks += 1) {
    if (isLost(run)) await lost(run)
    const isLearner = own.store.members.some(({ id, learner }) => id === own.member && learner)
    if (looks % 5 === 4) run.log('info', isLearner ? 'Waiting for etcd server to become available: this server has not yet been promoted from learner to voting member' : 'Failed to test etcd connection: connection refused')
    await pause(run, 1_000)
  }
}

const restart = async (run: K3sRun, own: Own, config: Config): Promise<void> => {
  const { store } = own
  if (!store.saved && !run.machine.disk.has(SQLITE)) throw new Fatal('failed to reconcile with local datastore: no bootstrap data found in datastore - check server token value and verify datastore integrity')
  await awaitVote(run, own)
  await serve(run, store, config)
}

const targetOf = ({ world }: K3sRun, url: string): Machine | undefined => world.machines.find(({ ip }) => url === `https://${ip}:6443`)

const requireServer = async (run: K3sRun, join: string): Promise<Machine> => {
  const target = targetOf(run, join)
  const dial = `failed to get CA certs: Get "${join}/cacerts": dial tcp ${join.slice(8)}`
  if (target === undefined || !hear(run.world, run.machine, target)) {
    await pause(run, 3_000)
    throw new Fatal(`${dial}: i/o timeout`)
  }
  if (!isApiReady(run.world, target)) throw new Fatal(`${dial}: connect: connection refused`)
  if (textOf(target.disk, K3S.serverToken) !== textOf(run.machine.disk, K3S.serverToken)) throw new Fatal('failed to bootstrap cluster data: not authorized')
  return target
}

const nodeOf = (name: string): string => name.slice(0, name.lastIndexOf('-'))

/** One try to get into etcd: the member that is ours, or what is in the way for now. */
const tryJoin = (run: K3sRun, target: Machine, node: string): Own | string => {
  const { world, machine } = run
  const store = target.k3s?.etcd?.store
  if (store === undefined || !hear(world, machine, target) || !reachesLeader(world, target)) return 'Waiting for other members to finish joining etcd cluster: context deadline exceeded'
  const name = memberName(run, node)
  if (store.members.some((member) => member.name !== name && nodeOf(member.name) === node)) {
    machine.disk.delete(NAME)
    throw new Fatal('etcd cluster join failed: duplicate node name found, please use a unique name for this node')
  }
  const known = store.members.find((member) => member.name === name && member.ip === machine.ip)
  const added = known ?? addLearner(world, store, { machine, name, by: run.by })
  return typeof added === 'string' ? `Waiting for other members to finish joining etcd cluster: ${added}` : { store, member: added.id }
}

const join = async (run: K3sRun, config: Config): Promise<void> => {
  const target = await requireServer(run, config.join)
  await labour(run, 500, 1_500)
  let own = tryJoin(run, target, config.node)
  while (typeof own === 'string') {
    run.log('info', own)
    await pause(run, 1_000)
    own = tryJoin(run, target, config.node)
  }
  await labour(run, 20, 400) // what is cut here is a member that was added and never began
  putMember(run, own)
  await awaitVote(run, own)
  await serve(run, own.store, config)
}

/** The API and the kubelet; from here on the unit is active. */
const serve = async (run: K3sRun, store: SimStore, config: Config): Promise<void> => {
  const { world, machine, k3s } = run
  k3s.store = store
  world.deed({ what: 'serve', machine: machine.name, store, by: run.by })
  await labour(run, 1_000, 3_000)
  k3s.api = true
  putText(machine.disk, K3S.kubeconfig, 'kubeconfig')
  run.log('info', 'k3s is up and running')
  run.ready()
  putText(machine.disk, DROVER.wasActive, '')
  await beNode(run, config, () => (isApiReady(world, machine) ? store : null))
}

/** The kubelet registers its Node, makes it Ready, and tells every few seconds that it is there, wherever an API takes it. */
const beNode = async (run: K3sRun, { node, version }: Config, find: () => SimStore | null): Promise<void> => {
  const { world, machine } = run
  let isReady = false
  for (;;) {
    if (isLost(run)) await lost(run)
    const nodes = find()?.nodes
    const known = nodes?.get(node)
    if (nodes !== undefined && known === undefined) nodes.set(node, { name: node, ip: machine.ip, version, ready: isReady, cordoned: false, seenAt: world.timeline.now() })
    if (known !== undefined) Object.assign(known, { ready: true, seenAt: world.timeline.now() })
    const wasReady = isReady
    isReady ||= known !== undefined
    await pause(run, wasReady ? 5_000 : 1_000)
  }
}

const runServer = async (run: K3sRun): Promise<void> => {
  const { world, machine: { disk } } = run
  const config = configOf(run.machine)
  await labour(run, 600, 1_500)
  if (disk.has(TOMBSTONE)) {
    if (config.join === '') throw new Fatal(`tombstone file has been detected but --server is empty: backup and delete ${SERVER}/db`)
    run.log('warning', 'tombstone file has been detected, removing the data of the lost member to rejoin the cluster')
    dropTree(disk, `${SERVER}/db/etcd`)
  }
  const own = readOwn(world, run.machine)
  if (own !== null) return restart(run, own, config)
  if (disk.has(SQLITE)) return config.init ? moveToEtcd(run, config) : onSqlite(run, config)
  if (config.join !== '') return join(run, config)
  return config.init ? initialise(run, config) : onSqlite(run, config)
}

/** An agent gets in by the server that its settings name; afterwards any server that it knows will do. */
const runAgent = async (run: K3sRun): Promise<void> => {
  const { world, machine } = run
  const config = configOf(machine)
  const known = (): readonly string[] => [config.join, ...(JSON.parse(textOf(machine.disk, BALANCER) ?? '[]') as string[])]
  const find = (): SimStore | null => {
    const servers = known().flatMap((url) => targetOf(run, url) ?? [])
    return servers.find((server) => hear(world, machine, server) && isApiReady(world, server))?.k3s?.store ?? null
  }
  await labour(run, 600, 1_500)
  while (find() === null) {
    run.log('error', `Failed to validate connection to cluster at ${config.join}: dial tcp: connect: connection refused`)
    await pause(run, 2_000)
  }
  await labour(run, 800, 2_500)
  run.log('info', 'k3s agent is up and running')
  run.ready()
  putText(machine.disk, DROVER.wasActive, '')
  await beNode(run, config, () => {
    const store = find()
    if (store !== null) putText(machine.disk, BALANCER, JSON.stringify(store.members.map(({ ip }) => `https://${ip}:6443`)))
    return store
  })
}

/** Runs k3s until it ends by itself; gives what it logs last. A killed one never gives anything. */
export const runK3s = async (run: K3sRun): Promise<string> => {
  try {
    await (run.unit === 'k3s' ? runServer(run) : runAgent(run))
    return 'k3s ended'
  } catch (error) {
    if (error instanceof Fatal) return error.message
    throw error
  }
}
