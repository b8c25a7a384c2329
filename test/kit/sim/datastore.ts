import { K3S } from '@drover/protocol'
import { textOf } from './disk.ts'
import type { Machine, SimStore, SimWorld } from './world.ts'

/** The folder of a server's data. */
export const SERVER = `${K3S.data}/server`
/** Where a server notes its member of etcd; etcd has begun where it is. */
export const MEMBER = `${SERVER}/db/etcd/member/wal`
/** Where a server notes the name of its member. */
export const NAME = `${SERVER}/db/etcd/name`
/** The mark of a member that was taken out. */
export const TOMBSTONE = `${SERVER}/db/etcd/tombstone`
/** The datastore of a server on SQLite. */
export const SQLITE = `${SERVER}/db/state.db`

/** k3s ends by itself with what it logs last. */
export class Fatal extends Error {}

const valueOf = (text: string, key: string): string => new RegExp(`^"?${key}"?: *"?([^"\\n]+)"?$`, 'm').exec(text)?.[1] ?? ''

/** What the settings of a k3s say. */
export type Config = { readonly join: string; readonly init: boolean; readonly node: string; readonly version: string }

/** Reads the settings of a host. */
export const configOf = ({ disk }: Machine): Config => {
  const text = textOf(disk, K3S.dropIn) ?? ''
  return { join: valueOf(text, 'server'), init: valueOf(text, 'cluster-init') === 'true', node: valueOf(text, 'node-name'), version: /^k3s (v\S+)/.exec(textOf(disk, K3S.binary) ?? '')?.[1] ?? '' }
}

/** A datastore with nothing in it. */
export const newStore = (world: SimWorld, kind: SimStore['kind']): SimStore => {
  const now = world.timeline.now()
  const store: SimStore = { id: `store-${String(world.stores.length + 1)}`, kind, nodes: new Map(), objects: [], gone: new Set(), members: [], saved: false, leader: null, lostAt: now, tickerAt: now }
  world.stores.push(store)
  return store
}

/** A member of etcd, and of which. */
export type Own = { readonly store: SimStore; readonly member: string }

/** A datastore by its id. */
export const storeNamed = ({ stores }: SimWorld, id: string): SimStore => {
  const found = stores.find((store) => store.id === id)
  if (found === undefined) throw new Fatal(`no datastore ${id}`)
  return found
}

/** The member that a host has by its disk; null where its etcd has not begun. */
export const readOwn = (world: SimWorld, { disk }: Machine): Own | null => {
  const text = textOf(disk, MEMBER)
  if (text === null) return null
  const { store, member } = JSON.parse(text) as { readonly store: string; readonly member: string }
  return { store: storeNamed(world, store), member }
}

/** What a server has certificates in. */
export const TLS = ['etcd/server-ca.crt', 'etcd/client.crt', 'etcd/client.key', 'server-ca.crt', 'client-admin.crt', 'client-admin.key'].map((name) => `${SERVER}/tls/${name}`)

/** The objects of every cluster, in the words of its datastore. */
export const OBJECTS = ['/registry/namespaces/default', '/registry/secrets/default/one', '/registry/secrets/default/two'] as const
