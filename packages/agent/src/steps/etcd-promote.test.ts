import { writeFileSync } from 'node:fs'
import type { StepParams, TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, JOINER, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf } from '@drover/test/kit/fake-host/fake-host.ts'
import type { SimEtcd } from '@drover/test/kit/fake-host/sim-etcd.ts'
import { simUnitDo } from '@drover/test/kit/fake-host/sim-systemd.ts'
import { changeWorld, readWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'
import { RELEASE_BASE } from '../core/agent-settings.ts'
import type { HostWriter } from '../host/host.ts'
import { etcdPromote } from './etcd-promote.ts'
import type { StepContext } from './step.ts'

const fresh = createModels()
const order = (change: Partial<StepParams<'etcd.promote'>> = {}, place = 0): TypedOrder<'etcd.promote'> =>
  ({ ...orderOf('etcd.promote', place), params: { ...PARAMS['etcd.promote'], ...change } }) as TypedOrder<'etcd.promote'>
const LEARNER = { ...JOINER, learner: true }

const changeEtcd = (root: string, change: (etcd: SimEtcd) => void): void => changeWorld(root, ({ etcd }) => void (etcd !== null && change(etcd)))

/** Applies with a clock that only pauses move; gives how it ended and all that was said. */
const applyWith = async (host: HostWriter, params: Partial<StepParams<'etcd.promote'>> = {}) => {
  const said: string[] = []
  let now = 0
  const clocked = { ...host, pause: async (ms: number) => void (now += ms) }
  const context: StepContext<'etcd.promote'> = {
    order: order(params), params: order(params).params, secrets: {}, settings: { releaseBase: RELEASE_BASE, coordinators: [], pin: '' },
    say: (detail) => void said.push(detail), signal: new AbortController().signal, elapsed: () => now,
  }
  const end = await etcdPromote.apply(clocked, context, null).catch((error: unknown) => error)
  return { end, said, now }
}

describe('etcd.promote', () => {
  it('waits for the learner, is refused while it is not in sync, and gives it its vote once', async () => {
    const root = await fresh('etcd.promote')
    const { end, said } = await applyWith(hostOf(root))
    expect(end).toEqual({ id: JOINER.id, promoted: true })
    expect(said).toEqual(['there is no member at 10.0.0.12 yet', `learner ${JOINER.id} is not in sync with the leader yet`, `learner ${JOINER.id} is promoted; the member list is to show it`])
    expect(ledgerOf(root).filter((line) => line.startsWith('promote'))).toEqual(['promote two-f4edddc2'])
  })

  it('tells the id of the member and how many vote', async () => {
    const root = await fresh('etcd.promote')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { id: JOINER.id, voters: 2 } })
  })

  it('is done where k3s itself was faster', async () => {
    const root = await fresh('etcd.promote')
    changeEtcd(root, (etcd) => etcd.members.push({ ...JOINER, learner: false }))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { id: JOINER.id } })
    expect(ledgerOf(root).filter((line) => line.startsWith('promote'))).toEqual([])
  })

  const REFUSING: readonly { readonly by: string; readonly change?: (root: string) => void; readonly params?: Partial<StepParams<'etcd.promote'>>; readonly code: string; readonly message: string }[] = [
    { by: 'is of another incarnation', params: { incarnation: 2 }, code: 'order.claim', message: 'the host is of incarnation 1, the order of 2' },
    { by: 'has a damaged claim', change: (root) => writeFileSync(`${root}/var/lib/drover/claim.json`, '{'), code: 'order.claim', message: 'claim.json is damaged' },
    { by: 'does not run', change: (root) => simUnitDo(root, 'stop', 'k3s'), code: 'etcd.promote', message: 'this host cannot promote: its etcd does not answer yet' },
    {
      by: 'is a learner itself',
      change: (root) => changeEtcd(root, (etcd) => void (etcd.members = etcd.members.map((one) => ({ ...one, learner: true })))),
      code: 'etcd.promote',
      message: 'this host cannot promote: its etcd member is a learner, which has no vote yet',
    },
    { by: 'is not healthy', change: (root) => changeEtcd(root, (etcd) => void (etcd.healthy = false)), code: 'etcd.promote', message: 'this host cannot promote: its etcd member says that it is not healthy' },
    {
      by: 'sees two that it could be',
      change: (root) => changeEtcd(root, (etcd) => void etcd.members.push(LEARNER, { ...LEARNER, id: '5', name: '' })),
      code: 'etcd.promote',
      message: `two members are at 10.0.0.12: 5 (), ${JOINER.id} (two-f4edddc2)`,
    },
  ]

  it.each(REFUSING)('is refused by a host that $by, and nothing is asked of etcd', async ({ change, params = {}, code, message }) => {
    const root = await fresh('etcd.promote')
    change?.(root)
    expect(await carryOut({ root, order: order(params) })).toMatchObject({ type: 'FAILED', code, message, undone: 'nothing-to-undo' })
    expect(ledgerOf(root).filter((line) => line.startsWith('promote'))).toEqual([])
  })

  it('never gives a vote to the learner of another Node, and gives up after six minutes', async () => {
    const root = await fresh('etcd.promote')
    changeEtcd(root, (etcd) => Object.assign(etcd, { coming: null, members: [...etcd.members, { ...LEARNER, name: 'three-f4edddc2' }] }))
    const { end, now } = await applyWith(hostOf(root))
    expect(end).toMatchObject({ code: 'etcd.promote', message: 'two got no vote in 360 s: the member at 10.0.0.12 is three-f4edddc2, not one of two' })
    expect(now).toBe(360_000)
    expect(readWorld(root).etcd?.members.at(-1)).toMatchObject({ learner: true })
  })

  it('says what etcd says where it refuses for another reason, and that it is silent where it is', async () => {
    const root = await fresh('etcd.promote')
    changeEtcd(root, (etcd) => etcd.members.push(LEARNER))
    const answers = [null, { status: 503, body: '{"code":14,"message":"etcdserver: no leader"}' }, { status: 400, body: '{"message":"member is in sync with leader"}' }]
    const host: HostWriter = { ...hostOf(root), promoteMember: async (id) => (answers.length > 0 ? (answers.shift() ?? null) : hostOf(root).promoteMember(id)) }
    const { end, said } = await applyWith(host)
    expect(end).toMatchObject({ promoted: true })
    expect(said.slice(0, 2)).toEqual([`etcd does not answer when asked to promote learner ${JOINER.id}`, `etcd does not promote learner ${JOINER.id}: etcdserver: no leader`])
  })

  it('goes on where the member list is silent for a while', async () => {
    const root = await fresh('etcd.promote')
    let silent = 3
    const host: HostWriter = { ...hostOf(root), get: async (request) => (request.url.endsWith('/member/list') && (silent -= 1) > 0 ? null : hostOf(root).get(request)) }
    const { end, said } = await applyWith(host)
    expect(end).toMatchObject({ promoted: true })
    expect(said[0]).toBe('etcd on this host does not tell its members')
  })

  it('does not promote again where it was killed between the vote and its record', async () => {
    const root = await fresh('etcd.promote')
    const cut = { ...hostOf(root), promoteMember: async (id: string) => (await hostOf(root).promoteMember(id))?.status === 200 ? Promise.reject(new Error('cut')) : null }
    expect(await carryOut({ root, order: order(), host: cut })).toMatchObject({ type: 'FAILED', undone: 'irreversible' })
    expect(await carryOut({ root, order: order({}, 1) })).toMatchObject({ type: 'DONE', result: { id: JOINER.id, voters: 2 } })
    expect(ledgerOf(root).filter((line) => line.startsWith('promote'))).toHaveLength(1)
  })
})
