import { ClusterNameSchema, OrderIdSchema } from '@drover/protocol'
import { HOST, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { newOrderKeys, sealAndSign } from '@drover/test/kit/orders/sign-order.ts'
import { describe, expect, it } from 'vitest'
import type { Fired } from '../core/schedule/firing-order.ts'
import { orderIn } from './order-in.ts'

const keys = newOrderKeys()
const id = { order: orderOf('k3s.config').id, attempt: 1 }
const firing = { order: OrderIdSchema.parse('sched-six-20261121t1800z'), attempt: 1 }
const fired: Fired = {
  type: 'FIRED',
  kind: 'snapshot.take',
  params: { name: 'six-20261121t1800z', cluster: 'home', incarnation: 1, datastore: 'sqlite' },
  cluster: ClusterNameSchema.parse('home'),
  incarnation: 1,
  host: HOST,
  at: 1,
}

describe('orderIn', () => {
  it('verifies the signature again, and knows the kind', async () => {
    const signed = await sealAndSign(keys, orderOf('k3s.config'), {})
    const received = { type: 'RECEIVED', ...signed, at: 1 } as const
    expect(orderIn(id, received, keys.verify).kind).toBe('k3s.config')
    expect(() => orderIn(id, received, newOrderKeys().verify)).toThrow(expect.objectContaining({ code: 'order.signature' }))
    const unknown = await sealAndSign(keys, { ...orderOf('k3s.config'), kind: 'k3s.unheard' } as never, {})
    expect(() => orderIn(id, { type: 'RECEIVED', ...unknown, at: 1 }, keys.verify)).toThrow(expect.objectContaining({ code: 'order.kind' }) as Error)
  })

  it('reads a firing, and takes nothing else for one', () => {
    expect(orderIn(firing, fired, keys.verify)).toMatchObject({ id: firing.order, kind: 'snapshot.take', cluster: 'home', requestedBy: 'schedule six', sealed: {}, answerTo: null })
    const kind = expect.objectContaining({ code: 'order.kind' }) as Error
    expect(() => orderIn(firing, { ...fired, kind: 'k3s.uninstall' }, keys.verify)).toThrow(kind)
    expect(() => orderIn(firing, { ...fired, kind: 'snapshot.delete' }, keys.verify)).toThrow(kind)
    expect(() => orderIn(firing, { ...fired, params: { name: '../..' } }, keys.verify)).toThrow(kind)
    expect(() => orderIn(id, fired, keys.verify)).toThrow(kind)
  })

  it('says what is no order', () => {
    expect(() => orderIn(id, undefined, keys.verify)).toThrow(expect.objectContaining({ code: 'step.journal' }))
    expect(() => orderIn(id, { type: 'ACKED' }, keys.verify)).toThrow(expect.objectContaining({ code: 'step.journal' }))
  })
})
