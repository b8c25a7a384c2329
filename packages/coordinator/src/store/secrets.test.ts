import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { readSecret, readSecretIds, writeSecret } from './secrets.ts'
import { openSqlite } from './sqlite/open.ts'

const world = useStore()
const read = (path: string): string => readFileSync(path, 'latin1')

describe('secrets', () => {
  it('are boxed under the key, bound to their id, and never replaced', async () => {
    const { db } = world.opened
    const kek = new Uint8Array(32).fill(7)
    const value = new TextEncoder().encode('a very secret thing')
    await writeSecret(db, { id: 'cluster/home/server-token', value, kek, now: 1 })
    await writeSecret(db, { id: 'cluster/home/server-token', value: new Uint8Array([1]), kek, now: 2 })
    expect(await readSecret(db, 'cluster/home/server-token', kek)).toEqual(value)
    expect(await readSecretIds(db)).toEqual(['cluster/home/server-token'])
    await expect(readSecret(db, 'cluster/home/server-token', new Uint8Array(32))).rejects.toThrow('cannot open')
    await world.opened.close()
    for (const name of readdirSync(world.folder)) expect(read(join(world.folder, name))).not.toContain('very secret')
    world.opened = await openSqlite(world.file, { now: 2 })
    await world.opened.db.updateTable('secret').set({ id: 'cluster/away/server-token' }).execute()
    await expect(readSecret(world.opened.db, 'cluster/away/server-token', kek)).rejects.toThrow('cannot open')
  })
})
