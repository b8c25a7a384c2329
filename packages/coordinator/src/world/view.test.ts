import { BARE_TOLD, type HostId } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import type { ClusterRow } from '../store/clusters.ts'
import type { HostRow, StoredSight } from '../store/hosts.ts'
import { viewOf } from './view.ts'
import { emptyWorld } from './world.ts'

const [ONE, TWO] = ['h-aaaaaaaaaaaaaaaa', 'h-bbbbbbbbbbbbbbbb'] as const
const NODE = { name: 'one', ready: true, cordoned: false, version: 'v1.36.2+k3s1', ip: '10.0.0.11' }
type Seen = { readonly at: number; readonly sight: StoredSight | null; readonly online?: boolean }

/** What the cluster looks like from what two servers said. */
const seen = (one: Seen, two: Seen): { api: unknown; node: unknown } => {
  const world = emptyWorld()
  world.clusters.set('home', { name: 'home', settled: { roles: { [ONE]: 'server', [TWO]: 'server' }, node: {} } } as unknown as ClusterRow)
  for (const [id, { at, sight, online = true }] of [[ONE, one], [TWO, two]] as const) {
    const row = { id, name: id === ONE ? 'one' : 'two', state: 'active', inventory: { sections: {}, seenAt: {} }, findings: [], facts: { value: { facts: BARE_TOLD, cluster: sight }, seenAt: at } }
    world.hosts.set(id as HostId, row as unknown as HostRow)
    world.live.set(id as HostId, { online, onlineAt: 0, clockOffsetMs: 0 })
  }
  const view = viewOf(world, { cluster: 'home', hosts: 'members', now: 100_000 })
  return { api: view.facts.api, node: view.hosts[ONE as HostId]?.facts.node }
}

const ready = { ready: true, nodes: { one: NODE } }

describe('who leads etcd', () => {
  const etcd = (id: string, leader: string | null): object => ({ id, member: 'voter', healthy: true, leader, raftIndex: 1, members: null })
  const leads = (...told: readonly [HostId, object | null, number][]): unknown => {
    const world = emptyWorld()
    world.clusters.set('home', { name: 'home', settled: { roles: { [ONE]: 'server', [TWO]: 'server' }, node: {} } } as unknown as ClusterRow)
    for (const [id, member, at] of told) {
      const row = { id, name: id, state: 'active', inventory: { sections: {}, seenAt: {} }, findings: [], facts: { value: { facts: { ...BARE_TOLD, etcd: member }, cluster: null }, seenAt: at } }
      world.hosts.set(id, row as unknown as HostRow)
    }
    return viewOf(world, { cluster: 'home', hosts: 'members', now: 100_000 }).facts.leader
  }
  const [A, B] = [ONE as HostId, TWO as HostId]

  it('is told by the newest that knows', () => {
    expect(leads([A, etcd('1', '1'), 90_000], [B, etcd('2', '2'), 99_000])).toEqual({ value: B, seenAt: 99_000 })
    expect(leads([A, etcd('1', '1'), 90_000], [B, etcd('2', null), 99_000])).toEqual({ value: A, seenAt: 90_000 })
  })

  it('may be a server that nobody knows, and nobody on SQLite', () => {
    expect(leads([A, etcd('1', '7'), 90_000], [B, null, 99_000])).toEqual({ value: null, seenAt: 90_000 })
    expect(leads([A, null, 90_000], [B, null, 99_000])).toBeUndefined()
  })
})

describe('a cluster of several servers', () => {
  it('has an API that is up where any server says so, whoever told last', () => {
    const answer = { api: { value: 'up', seenAt: 90_000 }, node: { value: 'ready', seenAt: 90_000 } }
    expect(seen({ at: 90_000, sight: ready }, { at: 99_000, sight: { ready: false, nodes: null } })).toEqual(answer)
    expect(seen({ at: 90_000, sight: ready }, { at: 99_000, sight: null })).toEqual(answer)
  })

  it('takes the Nodes from the newest that knows them', () => {
    const absent = { ready: true, nodes: {} }
    expect(seen({ at: 90_000, sight: ready }, { at: 99_000, sight: absent })).toEqual({ api: { value: 'up', seenAt: 99_000 }, node: { value: 'absent', seenAt: 99_000 } })
  })

  it('does not take the word of a server that is gone, or an old one, against a newer', () => {
    const down = { value: 'down', seenAt: 99_000 }
    expect(seen({ at: 90_000, sight: ready, online: false }, { at: 99_000, sight: { ready: false, nodes: null } }).api).toEqual(down)
    expect(seen({ at: 50_000, sight: ready }, { at: 99_000, sight: { ready: false, nodes: null } })).toEqual({ api: down, node: undefined })
  })
})

describe('a host that booted', () => {
  const online = (told: string | undefined, boot: string | undefined): boolean | undefined => {
    const world = emptyWorld()
    world.clusters.set('home', { name: 'home', settled: { roles: { [ONE]: 'server' }, node: {} } } as unknown as ClusterRow)
    const facts = { value: { facts: BARE_TOLD, cluster: null }, seenAt: 99_000, ...(told === undefined ? {} : { boot: told }) }
    const row = { id: ONE, name: 'one', state: 'active', inventory: { sections: {}, seenAt: {} }, findings: [], facts }
    world.hosts.set(ONE as HostId, row as unknown as HostRow)
    world.live.set(ONE as HostId, { online: true, onlineAt: 99_500, clockOffsetMs: 0, ...(boot === undefined ? {} : { boot }) })
    return viewOf(world, { cluster: 'home', hosts: 'members', now: 100_000 }).hosts[ONE as HostId]?.online.value
  }

  it('counts as connected once it has told how it is since then', () => {
    expect(online('b-1 1', 'b-2 2')).toBe(false)
    expect(online('b-2 2', 'b-2 2')).toBe(true)
  })

  it('is believed where it is not known of which boot its word is', () => {
    expect([online(undefined, 'b-2 2'), online('b-1 1', undefined)]).toEqual([true, true])
  })
})
