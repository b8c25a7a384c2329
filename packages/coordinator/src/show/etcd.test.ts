import { BARE_TOLD, type EtcdFact, type HostId } from '@drover/protocol'
import { expect, it } from 'vitest'
import { emptyWorld } from '../world/world.ts'
import { showEtcd } from './etcd.ts'

const IDS = ['h-aaaaaaaaaaaaaaaa', 'h-bbbbbbbbbbbbbbbb', 'h-cccccccccccccccc'] as const satisfies readonly string[]
const MEMBERS = ['one', 'two', 'three'].map((name, index) => ({ id: String(index + 1), name, peer: `https://10.0.0.${String(11 + index)}:2380`, learner: false }))

it('names the others that a member has no connection to, where its host says so and can be heard', () => {
  const world = emptyWorld()
  const says: readonly Partial<EtcdFact>[] = [{ connected: ['2'] }, {}, { connected: [] }]
  for (const [index, patch] of says.entries()) {
    const id = IDS[index] as HostId
    const etcd: EtcdFact = { id: String(index + 1), member: 'voter', healthy: true, leader: '1', raftIndex: 7, members: MEMBERS, ...patch }
    world.hosts.set(id, { id, name: MEMBERS[index]?.name, facts: { value: { facts: { ...BARE_TOLD, etcd }, cluster: null }, seenAt: 5 } } as never)
    world.live.set(id, { online: index < 2, onlineAt: 0, clockOffsetMs: null })
  }
  const settled = { roles: Object.fromEntries(IDS.map((id) => [id, 'server'])), seed: IDS[0], etcd: { heartbeatMs: 100, electionMs: 1000 } }
  const shown = showEtcd(world, { name: 'home', settled } as never, 10)
  expect(shown?.members.map(({ name, apart }) => [name, apart])).toEqual([['one', ['three']], ['three', null], ['two', null]])
})
