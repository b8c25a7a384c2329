import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { transact } from './transact.ts'
import { readWaits, writeWaits } from './waits.ts'

const world = useStore()

describe('waits', () => {
  it('keep since when each wait lasts', async () => {
    const { db } = world.opened
    await transact(db, (trx) => writeWaits(trx, 'home', new Map([['a', 1], ['b', 2]])))
    await transact(db, (trx) => writeWaits(trx, 'home', new Map([['b', 2]])))
    expect(await readWaits(db)).toEqual([{ cluster: 'home', key: 'b', since: 2 }])
  })
})
