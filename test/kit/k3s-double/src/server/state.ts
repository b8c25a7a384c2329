import type { Objects } from '../api/objects.ts'
import { RESOURCES, type Target } from '../api/resources.ts'
import type { Options } from '../config/options.ts'
import type { Datastore } from '../datastore/datastore.ts'
import type { EtcdServer } from '../etcd/server.ts'
import type { ClusterPki } from '../pki/cluster-pki.ts'
import type { World } from '../world.ts'

/** A running server as its routes see it. */
export type ServerState = {
  readonly world: World
  readonly options: Options
  readonly store: Datastore
  readonly objects: Objects
  readonly pki: ClusterPki
  readonly nodeIp: string
  /** Bare secrets: what `server:` and `node:` must show. */
  readonly secrets: { readonly server: string; readonly agent: string }
  /** Its member; undefined on SQLite. */
  readonly etcd: EtcdServer | undefined
  /** Whether this server is the one that looks after the Nodes: on SQLite always, on etcd where its member leads. */
  readonly leads: () => Promise<boolean>
  /** How far the start is: the supervisor answers from the first moment, the core and the API later. */
  readonly phase: { api: boolean; core: boolean }
}

/** The place of a cluster-wide or namespaced object. */
export function place(resourceName: string, name: string, namespace?: string): Target {
  const resource = RESOURCES.find((known) => known.name === resourceName)
  if (resource === undefined) throw new Error(`no such resource: ${resourceName}`)
  return namespace === undefined ? { resource, name } : { resource, name, namespace }
}
