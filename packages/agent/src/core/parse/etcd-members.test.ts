import { expect, it } from 'vitest'
import { HOST_FACTS } from '@drover/protocol'
import { parseEtcdMembers } from './etcd-members.ts'

const header = { cluster_id: '4222064058034386961', member_id: '11757004636526054976', raft_term: '2' }
const one = { ID: '11757004636526054976', name: 'one-56d8ffb8', peerURLs: ['https://10.0.0.11:2380'], clientURLs: ['https://10.0.0.11:2379'] }
const two = { ID: '14335973555231798580', name: 'two-f4edddc2', peerURLs: ['https://10.0.0.12:2380'], clientURLs: ['https://10.0.0.12:2379'], isLearner: true }
const list = (...members: readonly object[]): string => JSON.stringify({ header, members })
const ONE = { id: '11757004636526054976', name: 'one-56d8ffb8', peer: 'https://10.0.0.11:2380', learner: false }

it('reads voters and learners in one order, whichever order they come in', () => {
  const wanted = [ONE, { id: '14335973555231798580', name: 'two-f4edddc2', peer: 'https://10.0.0.12:2380', learner: true }]
  expect(parseEtcdMembers(list(one, two))).toEqual(wanted)
  expect(parseEtcdMembers(list(two, one))).toEqual(wanted)
})

it('reads a learner that was added and never started', () => {
  expect(parseEtcdMembers(list({ ID: '5', peerURLs: ['https://[fd00::12]:2380'], isLearner: true }))).toEqual([{ id: '5', name: '', peer: 'https://[fd00::12]:2380', learner: true }])
})

it.each([
  ['a bare number among the ids', list(one, two).replace('"14335973555231798580"', '14335973555231798580')],
  ['a member without an id', list({ name: 'one' })],
  ['more members than can be told', list(...Array.from({ length: 17 }, (_, at) => ({ ...one, ID: String(at + 1) })))],
  ['no member at all', list()],
  ['a refusal', '{"code":14,"message":"etcdserver: rpc not supported for learner"}'],
  ['an answer that was cut', list(one, two).slice(0, 200)],
  ['nothing', ''],
])('is null for %s', (_name, text) => {
  expect(parseEtcdMembers(text)).toBeNull()
})

it('lets nothing through that would make the whole message refused', () => {
  const members = parseEtcdMembers(list({ ...one, name: `${'n'.repeat(299)}\u{1F600}`, peerURLs: [`https://${'x'.repeat(400)}`] }, { ...two, name: '\uD83D' }))
  expect(members?.map(({ name }) => name)).toEqual([`${'n'.repeat(299)}\uFFFD`, '\uFFFD'])
  const told = { id: '1', member: 'voter', healthy: true, leader: null, raftIndex: 0, members }
  expect(HOST_FACTS.etcd.schema.safeParse(told).success).toBe(true)
})
