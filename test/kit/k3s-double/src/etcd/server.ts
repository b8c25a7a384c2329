import { Ended, Fatal } from '../log.ts'
import { pause, type World } from '../world.ts'
import { type EtcdApi, etcdApi } from './api.ts'
import { type Beginning, type MemberSelf, writeEtcdConfig } from './config.ts'
import { openGateway } from './gateway.ts'
import { listMembers, readStatus } from './members.ts'
import { startEtcd } from './process.ts'
import { noteRemoval } from './removal.ts'

/** A server's own member. */
export type EtcdServer = {
  readonly api: EtcdApi
  readonly self: MemberSelf
  /** Brings the member up; resolves when it votes and knows a leader. */
  readonly up: () => Promise<void>
  /** Rejects when etcd ended by itself. */
  readonly broken: Promise<never>
  /** Whether the member leads its cluster; an answer is good for a second. */
  readonly leads: () => Promise<boolean>
}

const LEARNER = 'this server has not yet been promoted from learner to voting member'
const UNAVAILABLE = 'failed to get etcd status: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"'

/** What keeps a member from being of use, or undefined: it votes, and a read through the quorum came back. */
async function faultOf(world: World, api: EtcdApi): Promise<string | undefined> {
  const status = await readStatus(api).catch(() => undefined)
  if (status === undefined) return UNAVAILABLE
  if (status.isLearner) return LEARNER
  const read = await api.call('/v3/kv/range', { key: 'AA==' }).catch((error: unknown) => error)
  if (read instanceof Error) return read.message
  world.log('info', `Connected to etcd v${status.version} - datastore using ${status.used} of ${status.size} bytes`)
  return undefined
}

async function untilVoter(world: World, api: EtcdApi): Promise<void> {
  while (!world.stopping.aborted) {
    const fault = await faultOf(world, api)
    if (fault === undefined) {
      world.log('info', 'Connection to etcd is ready')
      return
    }
    world.log('info', `Failed to test etcd connection: ${fault}`)
    await pause(world, world.settings.etcdTestMs)
  }
  throw new Ended(0)
}

const FRESH_MS = 1000
const PEERS_MS = 5000

function leadership(api: EtcdApi): () => Promise<boolean> {
  let known = { at: -FRESH_MS, leads: false }
  return async () => {
    if (performance.now() - known.at < FRESH_MS) return known.leads
    const status = await readStatus(api).catch(() => undefined)
    known = { at: performance.now(), leads: status !== undefined && status.leader === status.id }
    return known.leads
  }
}

/** Where the other members are, looked at every five seconds: known too when the own one is gone. */
function watchPeers(world: World, api: EtcdApi, ip: string): () => readonly string[] {
  let known: readonly string[] = []
  const keep = async (): Promise<void> => {
    while (!world.stopping.aborted) {
      const members = await listMembers(api).catch(() => [])
      const others = members.flatMap((member) => (member.isLearner ? [] : member.clientUrls)).filter((url) => new URL(url).hostname !== ip)
      if (members.length > 0) known = others
      await pause(world, PEERS_MS)
    }
  }
  void keep()
  return () => known
}

/**
 * A member that begins as it is told when it is brought up; its etcd is this process's child and ends with it.
 * `others`: client URLs to ask, besides the ones that it knows by then, whether it was removed, when its etcd ended by itself.
 */
export function etcdServer(self: MemberSelf, begin: () => Promise<Beginning>, others: readonly string[] = []): EtcdServer {
  const { world } = self
  const api = etcdApi(world, 'https://127.0.0.1:2379')
  const { promise: broken, reject } = Promise.withResolvers<never>()
  broken.catch(() => undefined)
  const up = async (): Promise<void> => {
    const etcd = startEtcd(world, writeEtcdConfig(self, await begin()))
    world.onStop(etcd.stop)
    const peers = watchPeers(world, api, self.ip)
    void etcd.ended.then(async (code) => {
      // a SIGTERM for the whole unit reaches etcd first
      await pause(world, 500)
      const removed = await noteRemoval(world, self.name, [...peers(), ...others])
      if (!removed) reject(new Fatal(`etcd exited: ${code === null ? 'signal' : `exit status ${code}`}`))
    })
    await openGateway()
    await untilVoter(world, api)
  }
  return { api, self, up, broken, leads: leadership(api) }
}
