import { BARE_TOLD, type EtcdFact, type HostId, type Role } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { listedAt, readListing } from './listed.ts'
import { emptyWorld, type World } from './world.ts'

const [ONE, TWO] = ['h-aaaaaaaaaaaaaaaa', 'h-bbbbbbbbbbbbbbbb'] as [HostId, HostId]
const MEMBERS = [
  { id: '1', name: 'one-00000001', peer: 'https://10.0.0.11:2380', learner: false },
  { id: '2', name: '', peer: 'https://[fd00::12]:2380', learner: true },
]
const etcd = (patch: Partial<EtcdFact> = {}): EtcdFact => ({ id: '1', member: 'voter', healthy: true, leader: '1', raftIndex: 7, members: MEMBERS, ...patch })
const roles = { [ONE]: 'server', [TWO]: 'server' } as Record<HostId, Role>

const worldOf = (told: readonly (readonly [HostId, EtcdFact | null, number, boolean])[]): World => {
  const world = emptyWorld()
  for (const [id, fact, seenAt, online] of told) {
    world.hosts.set(id, { id, facts: { value: { facts: { ...BARE_TOLD, etcd: fact }, cluster: null }, seenAt } } as never)
    world.live.set(id, { online, onlineAt: 0, clockOffsetMs: null })
  }
  return world
}
const listed = (world: World, ip: string): unknown => listedAt(readListing(world, { roles }), ip)

describe('what is listed of a host', () => {
  it('is what a server that votes tells of its address, in whatever form', () => {
    const world = worldOf([[ONE, etcd(), 5, true]])
    expect(listed(world, '10.0.0.11')).toEqual({ listed: { value: 'voter', seenAt: 5 } })
    expect(listed(world, 'fd00:0::12')).toEqual({ listed: { value: 'learner', seenAt: 5 } })
    expect(listed(world, '10.0.0.13')).toEqual({ listed: { value: 'none', seenAt: 5 } })
  })

  it('is the newest list', () => {
    const world = worldOf([[ONE, etcd(), 5, true], [TWO, etcd({ members: MEMBERS.slice(0, 1) }), 6, true]])
    expect(listed(world, 'fd00::12')).toEqual({ listed: { value: 'none', seenAt: 6 } })
  })

  it.each([
    ['is away', etcd(), false],
    ['is a learner', etcd({ member: 'learner', members: null }), true],
    ['knows no leader', etcd({ leader: null }), true],
    ['has no etcd', null, true],
  ] as const)('is not known where the only server that could tell %s', (_what, fact, online) => {
    expect(listed(worldOf([[ONE, fact, 5, online]]), '10.0.0.11')).toEqual({})
  })
})
