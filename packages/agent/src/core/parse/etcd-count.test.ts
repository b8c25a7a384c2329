import { expect, it } from 'vitest'
import { parseEtcdCount } from './etcd-count.ts'

it('reads a count and its revision; the gateway leaves out what is zero', () => {
  expect(parseEtcdCount('{"header":{"cluster_id":"1","member_id":"2","revision":"645","raft_term":"2"},"count":"312"}')).toEqual({ count: 312, revision: 645 })
  expect(parseEtcdCount('{"header":{"revision":"1"}}')).toEqual({ count: 0, revision: 1 })
})

it.each([
  ['a bare number', '{"header":{"revision":"1"},"count":3}'],
  ['a number that none of ours holds', '{"header":{"revision":"9007199254740993"}}'],
  ['a refusal', '{"code":14,"message":"etcdserver: no leader"}'],
  ['nothing', ''],
])('is null for %s', (_name, text) => {
  expect(parseEtcdCount(text)).toBeNull()
})
