import type { Cluster, EtcdShown } from '@drover/protocol'
import { CLUSTER, ETCD } from '@drover/test/kit/cli/fixtures.ts'
import { expect, it } from 'vitest'
import { whatIfText } from './what-if.ts'

const [member] = CLUSTER.members
const [voter] = ETCD.members
if (member === undefined || voter === undefined) throw new Error('the fixtures have members')

const clusterOf = (members: Partial<EtcdShown['members'][number]>[], more: Partial<EtcdShown>): Cluster => ({
  ...CLUSTER,
  members: [...members.map((_, at) => ({ ...member, host: `node-${String(at + 1)}`, ip: `10.0.0.${String(11 + at)}` })), { ...member, host: 'node-9', role: 'agent' as const, ip: '10.0.0.19' }],
  etcd: { ...ETCD, members: members.map((one, at) => ({ ...voter, leader: at === 0, host: `node-${String(at + 1)}`, ...one })), ...more },
})
const lines = (cluster: Cluster): readonly string[] => whatIfText(cluster).trim().split('\n').slice(2).map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))

it('of three voters any one may die; the first one takes the address with it', () => {
  expect(lines(clusterOf([{}, {}, {}], { voters: 3, healthy: 3, quorum: 2, tolerates: 1 }))).toEqual([
    'node-1 | server | 2 of 3 voters go on, 2 have to agree: writes go on, then none more may be lost; kubeconfigs name it and reach nothing (drover kubeconfig home --server node-2 gives one that does)',
    'node-2 | server | 2 of 3 voters go on, 2 have to agree: writes go on, then none more may be lost',
    'node-3 | server | 2 of 3 voters go on, 2 have to agree: writes go on, then none more may be lost',
    'node-9 | agent | nothing of the control plane; after some minutes Kubernetes starts its pods elsewhere',
  ])
})

it('where one of three is down already the loss of another one stops the API, and that of itself changes nothing', () => {
  const [, second, third] = lines(clusterOf([{}, {}, { healthy: false }], { voters: 3, healthy: 2, quorum: 2, tolerates: 0 }))
  expect(second).toBe('node-2 | server | 1 of 3 voters goes on, 2 have to agree: nothing can be written, and the API stops')
  expect(third).toBe('node-3 | server | 2 of 3 voters go on, 2 have to agree: writes go on, then none more may be lost')
})

it('a learner and a server without a member take nothing with them', () => {
  const [, second, third] = lines(clusterOf([{}, { member: 'learner' }, { host: null }], { voters: 1, healthy: 1, quorum: 1, tolerates: 0 }))
  expect([second, third]).toEqual(['node-2 | server | its etcd member has no vote yet: nothing is lost but the copy', 'node-3 | server | it has no etcd member: nothing is lost'])
})

it('on SQLite the one server is the API', () => {
  expect(lines(CLUSTER)).toEqual(['node-1 | server | the API and all objects are away until it is back, or restored from a snapshot: no other server has them; what runs on agents goes on'])
})
