import { existsSync, renameSync } from 'node:fs'
import { writeWhole } from '../files.ts'
import { Fatal } from '../log.ts'
import { pause, type World } from '../world.ts'
import { type EtcdApi, etcdApi } from './api.ts'
import { etcdFolder } from './config.ts'
import { listMembers } from './members.ts'

const tombstone = (world: World): string => `${etcdFolder(world)}/tombstone`

/** Whether one of these members answers with a list in which the name is not. */
async function isMissing(world: World, name: string, urls: readonly string[]): Promise<boolean> {
  for (const url of urls) {
    const api = etcdApi(world, url)
    const members = await listMembers(api).catch(() => undefined)
    api.close()
    if (members !== undefined) return members.every((member) => member.name !== name)
  }
  return false
}

/** Where the other members know a member no more: marks its data, so that the next start joins anew, and says so. */
export async function noteRemoval(world: World, name: string, others: readonly string[]): Promise<boolean> {
  if (!(await isMissing(world, name, others))) return false
  writeWhole(tombstone(world), '')
  world.log('info', 'This node has been removed from the cluster - please restart k3s to rejoin the cluster')
  return true
}

/** Sets the data of a removed member aside; false where it was not removed. @throws Fatal where no server to rejoin through is configured */
export function setRemovedAside(world: World, url: string): boolean {
  if (!existsSync(tombstone(world))) return false
  if (url === '') {
    const words = 'tombstone file has been detected but --server is empty: backup and delete ${datadir}/server/db to create a new cluster, or set --server to rejoin the cluster'
    throw new Fatal(`Error: preparing server: ${words}`)
  }
  world.log('info', 'tombstone file has been detected, removing ${datadir}/server/db to rejoin the cluster')
  renameSync(etcdFolder(world), `${world.paths.db}/etcd-backup-${Math.floor(Date.now() / 1000)}`)
  return true
}

async function removeOnce(world: World, api: EtcdApi, name: string): Promise<void> {
  const member = (await listMembers(api)).find((one) => one.name === name)
  if (member === undefined) return
  world.log('info', `Removing name=${name} id=${member.id} address=${new URL(member.peerUrls[0] ?? '').hostname} from etcd`)
  await api.call('/v3/cluster/member/remove', { ID: member.id })
  world.note({ event: 'member-removed', name })
}

/** Takes a member out of the cluster by its name, asking again each second: etcd refuses while peers came back only just now. */
export async function removeMember(world: World, api: EtcdApi, name: string): Promise<void> {
  while (!world.stopping.aborted) {
    try {
      return await removeOnce(world, api, name)
    } catch (error) {
      world.log('error', `error syncing member ${name}: handler managed-etcd-controller: ${String(error)}, requeuing`)
    }
    await pause(world, 1000)
  }
}
