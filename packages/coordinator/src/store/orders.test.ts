import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { insertOrder, type OrderRow, readOrder, readRecentOrders, writeOrderState } from './orders.ts'

const world = useStore()

const ORDER = {
  id: 'ord-a', run: 'run-a', request: null, cluster: 'home', host: 'h-a', kind: 'k3s.start', actionKey: 'key', class: 'disrupt', change: 'h-a', attempt: 1,
  state: { kind: 'queued' }, bytes: new Uint8Array([1, 2]), signature: new Uint8Array([3]), createdAt: 1, endedAt: null,
} as OrderRow

describe('orders', () => {
  it('come back byte by byte; what an action needs has one open order at most', async () => {
    const { db } = world.opened
    await insertOrder(db, ORDER)
    await expect(insertOrder(db, { ...ORDER, id: 'ord-b' })).rejects.toThrow('UNIQUE constraint failed')
    expect(await readOrder(db, 'ord-a')).toEqual(ORDER)
    await writeOrderState(db, { ...ORDER, state: { kind: 'sent', at: 4 }, endedAt: 5 })
    await insertOrder(db, { ...ORDER, id: 'ord-b' })
    expect((await readRecentOrders(db, 5)).map((order) => order.id)).toEqual(['ord-b'])
    expect((await readRecentOrders(db, 4)).map((order) => order.id)).toEqual(['ord-a', 'ord-b'])
  })
})
