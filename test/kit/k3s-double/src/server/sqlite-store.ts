import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Datastore } from '../datastore/datastore.ts'
import { openSqlite } from '../datastore/sqlite.ts'
import { pause, type World } from '../world.ts'

/** Opens `state.db` and the socket beside it; a damaged file is complained about once a second for ever. */
export async function openSqliteStore(world: World): Promise<Datastore> {
  for (;;) {
    try {
      const store = await openSqlite(world.paths.db, world.log)
      rmSync(`${world.paths.server}/kine.sock`, { force: true })
      const socket = createServer((client) => client.destroy()).listen(`${world.paths.server}/kine.sock`).unref()
      socket.once('listening', () => chmodSync(`${world.paths.server}/kine.sock`, 0o600))
      world.log('info', 'Kine available at unix://kine.sock')
      world.log('info', 'Opening etcd client connection with endpoints [unix://kine.sock]')
      return store
    } catch (error) {
      world.log('error', `Failed to ping database connection: ${error instanceof Error ? error.message : String(error)}`)
      await pause(world, 1000)
      if (world.stopping.aborted) throw error
    }
  }
}
