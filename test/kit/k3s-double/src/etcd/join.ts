import { rmSync } from 'node:fs'
import { type Access, messageOf, send } from '../agent/client.ts'
import { Ended } from '../log.ts'
import { pause } from '../world.ts'
import { etcdApi, EtcdRefusal } from './api.ts'
import { type Beginning, etcdFolder, type MemberSelf, peerUrl } from './config.ts'
import { type Member, readInfo } from './members.ts'

/** A failure that a joining server gets over by asking again, with what it says while it waits. */
class Waiting extends Error {
  override readonly name = 'Waiting'
}

const WAITED = ['etcdserver: too many learner members in cluster', 'etcdserver: unhealthy cluster', 'etcdserver: re-configuration failed due to not enough started members']
const DUPLICATE = 'duplicate node name found, please use a unique name for this node'

const hostsOf = (member: Member): string[] => member.peerUrls.map((url) => new URL(url).hostname)

async function membersBy(access: Access): Promise<Member[]> {
  const answer = await send(access, { path: '/db/info' }).catch((error: unknown) => {
    throw new Waiting(`Waiting to retrieve etcd cluster member list: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (answer.status !== 200) throw new Waiting(`Waiting to retrieve etcd cluster member list: failed to get member list from server: ${messageOf(answer)}`)
  return readInfo(answer.body)
}

/** Asks one voter after the other, until one can be reached, to take this server in as a learner. */
async function addLearner({ world, ip }: MemberSelf, members: readonly Member[]): Promise<void> {
  let last: unknown = new Error('no member can be reached')
  for (const url of members.filter((member) => !member.isLearner).flatMap((member) => member.clientUrls)) {
    const api = etcdApi(world, url)
    try {
      await api.call('/v3/cluster/member/add', { peerURLs: [peerUrl(ip)], isLearner: true })
      return
    } catch (error) {
      last = error
      if (error instanceof EtcdRefusal) break
    } finally {
      api.close()
    }
  }
  const text = last instanceof Error ? last.message : String(last)
  if (!(last instanceof EtcdRefusal)) throw new Waiting(`Retrying etcd cluster join: ${text}`)
  throw WAITED.includes(text) ? new Waiting(`Waiting for other members to finish joining etcd cluster: ${text}`) : last
}

/** @throws Waiting, or what ends the process */
async function attempt(self: MemberSelf, access: Access): Promise<Beginning> {
  const { world, name, ip } = self
  const members = await membersBy(access)
  const named = members.map((member) => (member.name === '' && hostsOf(member).includes(ip) ? { ...member, name } : member))
  const cluster = named.map((member) => `${member.name}=${member.peerUrls[0] ?? ''}`)
  if (named.some((member) => member.name !== name && member.name.replace(/-[^-]*$/, '') === world.node)) {
    rmSync(`${etcdFolder(world)}/name`, { force: true })
    throw new Error(DUPLICATE)
  }
  if (named.some((member) => member.name === name && hostsOf(member).includes(ip))) {
    world.log('info', `Starting etcd to join cluster with members [${cluster.join(' ')}]`)
    return { cluster, state: 'existing' }
  }
  world.log('info', `Adding member ${name}=${peerUrl(ip)} to etcd cluster [${cluster.join(' ')}]`)
  await addLearner(self, named)
  world.note({ event: 'member-added', name })
  return { cluster: [...cluster, `${name}=${peerUrl(ip)}`], state: 'existing' }
}

/**
 * Joins a cluster through one of its servers: once a second until it is taken in as a learner; one at a time is.
 * @throws Ended with exit code 0 where asking again is of no use, e.g. for a node name that a member has
 */
export async function joinCluster(self: MemberSelf, access: Access): Promise<Beginning> {
  const { world } = self
  while (!world.stopping.aborted) {
    try {
      return await attempt(self, access)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      if (!(error instanceof Waiting)) {
        world.log('error', `Shutdown request received: "etcd cluster join failed: ${text}"`)
        throw new Ended(0)
      }
      world.log('info', text)
    }
    await pause(world, 1000)
  }
  throw new Ended(0)
}
