import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { startTestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { expect, it } from 'vitest'
import { insertFiring, KNOWN_FIRINGS, readFirings } from './firings.ts'
import { insertOrder, type OrderRow, readOrder } from './orders.ts'

const [ONE, TWO] = [hostIdOf('one'), hostIdOf('two')]
const row = (host = ONE, index = 0, what = 'sched'): OrderRow => {
  const time = new Date(Date.UTC(2026, 10, 1) + index * 60_000).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase()
  return {
    id: `${host}/${what}-snapshot-${time}z/1`, run: null, request: null, cluster: 'home', host, kind: what === 'sched' ? 'snapshot.take' : 'snapshot.delete', actionKey: `${what}@${host}#${String(index)}`,
    class: 'prepare', change: null, attempt: 1, state: { kind: 'done', at: index, result: {}, recovered: false, elapsedMs: 1 }, bytes: new Uint8Array(), signature: new Uint8Array(), createdAt: index, endedAt: index,
  }
}

it('keeps the newest ends of each host, and no other order is touched', async () => {
  const coordinator = await startTestCoordinator()
  try {
    const { db } = coordinator.context
    await insertOrder(db, { ...row(ONE), id: 'ord-aaaaaaaaaaaaaaaa' })
    await insertFiring(db, row(TWO))
    for (let index = 0; index < 210; index += 1) await insertFiring(db, row(ONE, index, index % 2 === 0 ? 'sched' : 'prune'))
    const count = await db.selectFrom('orders').select((by) => by.fn.countAll().as('count')).where('host_id', '=', ONE).executeTakeFirstOrThrow()
    expect(Number(count.count)).toBe(201)
    expect(await readOrder(db, row(ONE, 9, 'prune').id)).toBeNull()
    expect(await readOrder(db, row(ONE, 10).id)).not.toBeNull()
    expect(await readOrder(db, 'ord-aaaaaaaaaaaaaaaa')).not.toBeNull()
    expect(await readFirings(db, TWO)).toHaveLength(1)
    const known = await readFirings(db, ONE)
    expect([known.length, known[0]?.createdAt, known.at(-1)?.createdAt]).toEqual([KNOWN_FIRINGS, 208, 10])
  } finally {
    await coordinator.remove()
  }
})
