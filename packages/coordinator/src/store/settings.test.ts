import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { nextFence, raiseEpoch } from './settings.ts'
import { transact } from './transact.ts'

const world = useStore()

describe('numbers that only rise', () => {
  it('do so over a new start', async () => {
    expect([await raiseEpoch(world.opened.db), await raiseEpoch(world.opened.db)]).toEqual([1, 2])
    const fence = (resource: string): Promise<number> => transact(world.opened.db, (trx) => nextFence(trx, resource))
    expect([await fence('host/a'), await fence('host/a'), await fence('host/b')]).toEqual([1, 2, 1])
    await world.reopen()
    expect([await raiseEpoch(world.opened.db), await fence('host/a')]).toEqual([3, 3])
  })
})
