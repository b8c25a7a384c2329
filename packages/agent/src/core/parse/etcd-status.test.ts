import { expect, it } from 'vitest'
import { parseEtcdStatus } from './etcd-status.ts'

const header = { cluster_id: '4222064058034386961', member_id: '11757004636526054976', revision: '645', raft_term: '2' }
const status = (change: object = {}): string =>
  JSON.stringify({ header, version: '3.6.12', dbSize: '876544', leader: '11757004636526054976', raftIndex: '725', raftTerm: '2', downgradeInfo: {}, ...change })
const WHOLE = { id: '11757004636526054976', learner: false, leader: '11757004636526054976', raftIndex: 725, revision: 645 }

it('reads a voter, with its id to the last digit', () => {
  expect(parseEtcdStatus(status())).toEqual(WHOLE)
  expect(parseEtcdStatus(status({ header: { ...header, member_id: '18446744073709551615' } }))).toMatchObject({ id: '18446744073709551615' })
})

it('reads a learner', () => {
  expect(parseEtcdStatus(status({ isLearner: true, leader: '8245645759233721186' }))).toEqual({ ...WHOLE, learner: true, leader: '8245645759233721186' })
})

it.each(['0', undefined])('knows that there is no leader where it is %j', (leader) => {
  expect(parseEtcdStatus(status({ leader, errors: ['etcdserver: no leader'] }))).toEqual({ ...WHOLE, leader: null })
})

it.each([
  ['a bare number, which JSON.parse has rounded', status().replace('"member_id":"11757004636526054976"', '"member_id":11757004636526054976')],
  ['a bare number as leader', status({ leader: 0 })],
  ['an id that is no number', status({ header: { member_id: 'c6f39bfe44fc3534' } })],
  ['an id of 21 digits', status({ header: { member_id: '1'.repeat(21) } })],
  ['an index that no number holds', status({ raftIndex: '9007199254740993' })],
  ['a negative index', status({ raftIndex: '-1' })],
  ['no header', '{"leader":"1","raftIndex":"2"}'],
  ['a refusal', '{"code":14,"message":"etcdserver: no leader"}'],
  ['no JSON', 'Unauthorized'],
  ['nothing', ''],
])('is null for %s', (_name, text) => {
  expect(parseEtcdStatus(text)).toBeNull()
})
