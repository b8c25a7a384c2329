import { DroverError, ETCD_PORTS } from '@drover/protocol'
import type { HostReading, HostWriter } from '@drover/agent'
import { changesOf, type Disk, putText, readsOf, textOf } from './disk.ts'
import { leaderOf, promote, reachesLeader, takeOut } from './etcd.ts'
import { isApiReady } from './k3s.ts'
import { askApi, runKubectl } from './kubectl.ts'
import { beginReset, savedText } from './reset.ts'
import { reload, showUnit, unitDo } from './systemd.ts'
import type { Work } from './timeline.ts'
import { between, type Machine, type SimMember, type SimStore, type SimWorld } from './world.ts'

/** Who looks at a host or changes it: as long as its work lives; `by` is the order that it carries out. */
export type Caller = { readonly work: Work; readonly by: string | null; readonly signal?: AbortSignal }

const OK = { code: 0, stdout: '', stderr: '', timedOut: false } as const
type DatabaseCopy = Parameters<HostWriter['copyDatabase']>[0]
type Answer = Awaited<ReturnType<HostWriter['get']>>

const ok = (body: unknown): Answer => ({ status: 200, body: JSON.stringify(body) })
const refusal = (status: number, message: string): Answer => ({ status, body: JSON.stringify({ code: 9, message, details: [] }) })
const shown = ({ id, name, ip, learner }: SimMember): object => ({ ID: id, name, peerURLs: [`https://${ip}:2380`], ...(learner ? { isLearner: true } : {}) })

const status = ({ id, learner }: SimMember, leader: SimMember | null): Answer =>
  ok({ header: { member_id: id }, raftIndex: '7', ...(leader === null ? {} : { leader: leader.id }), ...(learner ? { isLearner: true } : {}) })

const memberList = ({ members }: SimStore, { id, learner }: SimMember, leader: SimMember | null): Answer => {
  if (learner) return refusal(503, 'etcdserver: rpc not supported for learner')
  return leader === null ? null : ok({ header: { member_id: id }, members: members.map(shown) })
}

const plain = (text: string): string => Buffer.from(text, 'base64').toString('utf8')

/** How many keys begin with what is asked for, or when one of them was made. */
const countRange = ({ objects }: SimStore, body: string): Answer => {
  const { key, count_only: isCount = false } = JSON.parse(body) as { readonly key: string; readonly count_only?: boolean }
  const found = objects.filter((one) => (isCount ? one.startsWith(plain(key)) : one === plain(key)))
  return ok({ header: {}, count: String(found.length), ...(isCount ? {} : { kvs: found.map((one) => ({ key: Buffer.from(one).toString('base64'), create_revision: '5', mod_revision: '5', version: '1' })) }) })
}

const keysIn = ({ stores }: SimWorld, text: string | null): readonly string[] => {
  const store = stores.find(({ id }) => id === text)
  if (store === undefined) throw new DroverError('snapshot.damaged', 'it is no datastore')
  return store.objects
}

const copyDatabase = async (world: SimWorld, disk: Disk, { from, to }: DatabaseCopy): Promise<number> => {
  const keys = keysIn(world, textOf(disk, from))
  await changesOf(disk, world.timeline.now).copy(from, to)
  return keys.length
}

/** A copy of a member is as its store was when it began. */
const copyEtcd = async ({ world, machine, caller }: SimHost, { to }: Parameters<HostWriter['copyEtcd']>[0]): Promise<number> => {
  const store = machine.k3s?.etcd?.store
  if (store === undefined) throw new DroverError('etcd.copy', 'etcd on this host does not answer')
  const text = savedText(store)
  await world.timeline.pause(caller.work, between(world, 100, 2_000), caller.signal)
  putText(machine.disk, to, text)
  return text.length
}

type Asked = { readonly path: string; readonly body: string }

const askGateway = (world: SimWorld, machine: Machine, { path, body }: Asked): Answer => {
  const etcd = machine.k3s?.etcd ?? null
  const member = etcd?.store.members.find(({ id }) => id === etcd.member)
  if (etcd === null || member === undefined) return null
  const leader = reachesLeader(world, machine) ? leaderOf(world, etcd.store) : null
  if (path.endsWith('/range')) return leader === null ? null : countRange(etcd.store, body)
  return path.endsWith('/status') ? status(member, leader) : memberList(etcd.store, member, leader)
}

const get = (world: SimWorld, machine: Machine, { url, body = '' }: Parameters<HostWriter['get']>[0]): Answer => {
  const { port, pathname } = new URL(url)
  const { k3s } = machine
  if (k3s === null) return null
  if (port === '6443') return askApi(world, machine, pathname)
  if (port === String(ETCD_PORTS.metrics)) return k3s.etcd === null ? null : ok({ health: String(reachesLeader(world, machine)) })
  return port === String(ETCD_PORTS.gateway) ? askGateway(world, machine, { path: pathname, body }) : null
}

/** A change of members goes through raft: where the host does not hear the leader nothing answers. */
const change = (world: SimWorld, machine: Machine, of: { readonly how: typeof promote; readonly id: string; readonly by: string | null }): Answer => {
  const store = machine.k3s?.etcd?.store
  if (store === undefined || !reachesLeader(world, machine)) return null
  const words = of.how(world, store, of)
  return words === null ? ok({ members: store.members.map(shown) }) : refusal(400, words)
}

/** What a host is made of. */
export type SimHost = { readonly world: SimWorld; readonly machine: Machine; readonly caller: Caller }

const isDead = ({ dead }: Work): boolean => dead

const never = <T>(): Promise<T> => new Promise(() => undefined)

/** What somebody who is dead asks for never comes, and changes nothing. */
const whileAlive = <T extends object>(host: T, { work }: Caller): T => {
  const through = (call: (...args: readonly unknown[]) => Promise<unknown>) => async (...args: readonly unknown[]): Promise<unknown> => {
    if (isDead(work)) return never()
    const result = await call(...args)
    return isDead(work) ? never() : result
  }
  return Object.fromEntries(Object.entries(host).map(([name, call]) => [name, through(call as (...args: readonly unknown[]) => Promise<unknown>)])) as T
}

const nothing = async (): Promise<never> => {
  throw new DroverError('step.tool', 'not simulated')
}

/** A simulated host as steps and the resident process see it. */
export const hostOf = ({ world, machine, caller }: SimHost): HostWriter => {
  const { disk } = machine
  const host: HostWriter = {
    ...readsOf(disk),
    ...changesOf(disk, world.timeline.now),
    read: async (tool) => (tool === 'nft' ? { ...OK, code: 1, stderr: 'Error: No such file or directory' } : OK),
    hasTool: async () => true,
    askVersion: async (path) => ({ ...OK, stdout: `k3s version ${/^k3s (v\S+)/.exec(textOf(disk, path) ?? '')?.[1] ?? ''} (0a1b2c3d)\ngo version go1.26\n` }),
    unit: async (name) => showUnit(machine, name),
    log: async (name, after) => {
      const all = (machine.units.get(name as 'k3s') ?? machine.transient.get(name)?.unit)?.log ?? []
      return { lines: all.slice(after === '' ? -50 : Number(after)), cursor: String(all.length) }
    },
    get: async (request) => get(world, machine, request),
    mounts: async () => ['/'],
    processes: async () => [],
    pause: (ms) => world.timeline.pause(caller.work, ms, caller.signal),
    change: async (tool, args) => {
      if (tool === 'systemd-run') beginReset(world, machine, { args, by: caller.by })
      return OK
    },
    unitDo: async (verb, name) => unitDo(world, machine, { verb, name, by: caller.by }),
    daemonReload: async () => reload(machine),
    kill: async () => undefined,
    promoteMember: async (id) => change(world, machine, { how: promote, id, by: caller.by }),
    removeMember: async (id) => change(world, machine, { how: takeOut, id, by: caller.by }),
    kubectl: async (args) => runKubectl(world, { machine, by: caller.by }, args),
    download: nothing,
    setSysctl: nothing,
    copyDatabase: (wanted) => copyDatabase(world, disk, wanted),
    objectKeys: async (path) => keysIn(world, textOf(disk, path)),
    copyEtcd: (copy) => copyEtcd({ world, machine, caller }, copy),
    uploaded: nothing,
    upload: nothing,
  }
  return whileAlive(host, caller)
}

/** What the API server of a host says; null where its port is not open. */
export const readApi = (world: SimWorld, machine: Machine): HostReading['cluster'] => {
  const { k3s } = machine
  if (k3s?.api !== true) return null
  if (!isApiReady(world, machine) || k3s.store === null) return { ready: false, nodes: null }
  const now = world.timeline.now()
  const nodes = [...k3s.store.nodes.values()].map(({ name, ip, version, cordoned, ready, seenAt }) => ({ name, ip, version, cordoned, ready: ready && now - seenAt < 40_000 }))
  return { ready: true, nodes }
}

