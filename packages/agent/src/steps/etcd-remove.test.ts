import type { StepParams, TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, JOINER, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf } from '@drover/test/kit/fake-host/fake-host.ts'
import type { SimEtcd } from '@drover/test/kit/fake-host/sim-etcd.ts'
import { simUnitDo } from '@drover/test/kit/fake-host/sim-systemd.ts'
import { changeWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'

const fresh = createModels()
const order = (change: Partial<StepParams<'etcd.remove'>> = {}, place = 0): TypedOrder<'etcd.remove'> =>
  ({ ...orderOf('etcd.remove', place), params: { ...PARAMS['etcd.remove'], ...change } }) as TypedOrder<'etcd.remove'>
const changeEtcd = (root: string, change: (etcd: SimEtcd) => void): void => changeWorld(root, ({ etcd }) => void (etcd !== null && change(etcd)))
const removals = (root: string): readonly string[] => ledgerOf(root).filter((line) => line.startsWith('remove'))
const asLearner = (etcd: SimEtcd): void => void (etcd.members = etcd.members.map((one) => (one.id === JOINER.id ? { ...one, learner: true } : one)))

describe('etcd.remove', () => {
  it('takes the member of the other server out, once, and tells how many vote', async () => {
    const root = await fresh('etcd.remove')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { voters: 1 } })
    expect(await carryOut({ root, order: order({}, 1) })).toMatchObject({ type: 'DONE', result: { voters: 1 } })
    expect(removals(root)).toEqual(['remove two-f4edddc2'])
  })

  it('takes a learner out by an order for learners', async () => {
    const root = await fresh('etcd.remove')
    changeEtcd(root, asLearner)
    expect(await carryOut({ root, order: order({ only: 'learner' }) })).toMatchObject({ type: 'DONE' })
    expect(removals(root)).toEqual(['remove two-f4edddc2'])
  })

  it('asks again while etcd refuses for the moment', async () => {
    const root = await fresh('etcd.remove')
    let refusals = 2
    const host = { ...hostOf(root), removeMember: async (id: string) => ((refusals -= 1) >= 0 ? { status: 503, body: '{"code":14,"message":"etcdserver: unhealthy cluster"}' } : hostOf(root).removeMember(id)) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'DONE' })
    expect(refusals).toBe(-1)
  })

  const REFUSING: readonly { readonly where: string; readonly change?: (root: string) => void; readonly params?: Partial<StepParams<'etcd.remove'>>; readonly code: string; readonly message: string }[] = [
    { where: 'the order is for learners and the member votes', params: { only: 'learner' }, code: 'etcd.remove', message: 'its member votes: only a learner may be taken out by this order' },
    { where: 'the member is its own', params: { node: 'one', ip: '10.0.0.11' } as never, code: 'etcd.remove', message: 'a member does not take itself out' },
    {
      where: 'too few would be left',
      change: (root) => changeEtcd(root, (etcd) => void etcd.members.push({ id: '7', name: '', ip: '10.0.0.13', learner: false })),
      code: 'etcd.remove',
      message: '1 of 2 members that vote would be left, 2 are needed',
    },
    { where: 'its own etcd is not healthy', change: (root) => changeEtcd(root, (etcd) => void (etcd.healthy = false)), code: 'etcd.remove', message: 'this host cannot take members out: its etcd member says that it is not healthy' },
    { where: 'k3s does not run', change: (root) => simUnitDo(root, 'stop', 'k3s'), code: 'etcd.remove', message: 'this host cannot take members out: its etcd does not answer yet' },
    { where: 'the order is of another incarnation', params: { incarnation: 2 }, code: 'order.claim', message: 'the host is of incarnation 1, the order of 2' },
    {
      where: 'two members could be meant',
      change: (root) => changeEtcd(root, (etcd) => void etcd.members.push({ ...JOINER, id: '5', name: '', learner: true })),
      code: 'etcd.remove',
      message: `two members are at 10.0.0.12: 5 (), ${JOINER.id} (two-f4edddc2)`,
    },
  ]

  it.each(REFUSING)('is refused where $where, and nothing is asked of etcd', async ({ change, params = {}, code, message }) => {
    const root = await fresh('etcd.remove')
    change?.(root)
    expect(await carryOut({ root, order: order(params) })).toMatchObject({ type: 'FAILED', code, message, undone: 'nothing-to-undo' })
    expect(removals(root)).toEqual([])
  })
})
