import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { readSetting, writeSetting } from './settings.ts'
import { openSqlite } from './sqlite/open.ts'
import { transact } from './transact.ts'

const world = useStore()
const read = (path: string): string => readFileSync(path, 'latin1')

describe('a transaction', () => {
  it('commits all or nothing', async () => {
    const { db } = world.opened
    await expect(
      transact(db, async (trx) => {
        await writeSetting(trx, 'a', 1)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await readSetting(db, 'a')).toBeNull()
  })

  it('refuses a query beside it, which would wait for ever', async () => {
    const { db } = world.opened
    const beside = transact(db, async (trx) => {
      await writeSetting(trx, 'a', 1)
      await readSetting(db, 'a')
    })
    await expect(beside).rejects.toThrow('use trx')
    await expect(transact(db, () => transact(db, () => Promise.resolve(1)))).rejects.toThrow('use trx')
    expect(await readSetting(db, 'a')).toBeNull()
    await writeSetting(db, 'a', 2)
  })

  it('is the only thing that begins one', () => {
    const files = readdirSync(join(import.meta.dirname, '..'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    const readers = files.filter((name) => read(join(import.meta.dirname, '..', name)).includes('.transaction()'))
    expect(readers).toEqual(['store/transact.ts'])
  })

  it('tells before and after each commit, and nothing for what only reads', async () => {
    const seen: string[] = []
    await world.opened.close()
    world.opened = await openSqlite(world.file, { now: 2, onCommit: (when) => seen.push(when) })
    await readSetting(world.opened.db, 'a')
    expect(seen).toEqual([])
    await writeSetting(world.opened.db, 'a', 1)
    await transact(world.opened.db, async (trx) => {
      await writeSetting(trx, 'b', 1)
      await writeSetting(trx, 'c', 1)
    })
    expect(seen).toEqual(['before', 'after', 'before', 'after'])
  })
})
