import { cpSync, rmSync } from 'node:fs'
import { stringify } from 'yaml'
import { etcdStore } from '../datastore/etcd.ts'
import type { Datastore } from '../datastore/datastore.ts'
import { writeWhole } from '../files.ts'
import { pause, type World } from '../world.ts'
import { type EtcdApi, etcdApi } from './api.ts'
import { etcdFolder, memberName } from './config.ts'
import { readStatus } from './members.ts'
import { startEtcd } from './process.ts'

const LIMIT_MS = 20_000
const CLIENT = 'http://127.0.0.1:2399'
const PEER = 'http://127.0.0.1:2400'

async function untilLed(world: World, api: EtcdApi): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (((await readStatus(api).catch(() => undefined))?.leader ?? '0') === '0') {
    if (performance.now() > end) throw new Error('failed to create temporary datastore client: context deadline exceeded')
    await pause(world, 50)
  }
}

/** Reads a copy of a stopped member's data, which needs no quorum: an etcd of one member on loopback. @throws Error where the data are no good */
export async function withCopy(world: World, use: (store: Datastore) => Promise<void>): Promise<void> {
  const folder = `${world.paths.db}/etcd-tmp`
  rmSync(folder, { recursive: true, force: true })
  cpSync(`${etcdFolder(world)}/member`, `${folder}/member`, { recursive: true })
  const name = memberName(world)
  const urls = { 'listen-client-urls': CLIENT, 'advertise-client-urls': CLIENT, 'listen-peer-urls': PEER, 'initial-advertise-peer-urls': PEER }
  const config = { name, 'data-dir': folder, 'force-new-cluster': true, 'enable-grpc-gateway': true, 'initial-cluster': `${name}=${PEER}`, 'heartbeat-interval': 20, 'election-timeout': 200, ...urls }
  writeWhole(`${folder}/config`, stringify(config))
  const etcd = startEtcd(world, `${folder}/config`, 'ignore')
  const api = etcdApi(world, CLIENT)
  try {
    const broken = etcd.ended.then(() => {
      throw new Error('failed to create temporary datastore client: failed to read consistent index')
    })
    await Promise.race([untilLed(world, api), broken])
    await use(etcdStore(api))
  } finally {
    api.close()
    await etcd.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
