import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { type Opened, openSqlite } from '../../../packages/coordinator/src/store/sqlite/open.ts'

/** A database in a folder of its own, anew for each test; `reopen` is the next start of a coordinator. */
export type StoreFile = { folder: string; file: string; opened: Opened; readonly reopen: () => Promise<void> }

/** Opens one before each test of the file that calls it, and removes it afterwards. */
export const useStore = (): StoreFile => {
  const world = {
    reopen: async () => {
      await world.opened.close()
      world.opened = await openSqlite(world.file, { now: 2 })
    },
  } as StoreFile
  beforeEach(async () => {
    world.folder = mkdtempSync(join(tmpdir(), 'drover-store-'))
    world.file = join(world.folder, 'drover.db')
    world.opened = await openSqlite(world.file, { now: 1 })
  })
  afterEach(async () => {
    await world.opened.close()
    rmSync(world.folder, { recursive: true, force: true })
  })
  return world
}
