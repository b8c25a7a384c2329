import { existsSync, renameSync } from 'node:fs'
import type { World } from '../world.ts'
import type { Datastore } from './datastore.ts'
import { openSqlite } from './sqlite.ts'

/** Copies every object of a `state.db` into etcd and sets the file aside as `state.db.migrated`; nothing where there is none. */
export async function migrateToEtcd(world: World, store: Datastore): Promise<void> {
  const file = `${world.paths.db}/state.db`
  if (!existsSync(file)) return
  world.log('info', 'Migrating content from sqlite to etcd')
  const old = await openSqlite(world.paths.db, () => undefined)
  for (const { key, value } of await old.list('/registry/')) {
    world.log('info', `Migrating etcd key ${key}`)
    await store.put(key, value)
  }
  old.close()
  renameSync(file, `${file}.migrated`)
}
