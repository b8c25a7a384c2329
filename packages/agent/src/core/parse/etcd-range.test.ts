import { expect, it } from 'vitest'
import { parseEtcdRange } from './etcd-range.ts'

it.each<[string, string, ReturnType<typeof parseEtcdRange>]>([
  ['a count', '{"header":{"revision":"70"},"count":"57"}', { count: 57, madeAt: null }],
  ['nothing, which the gateway leaves out', '{"header":{"revision":"70"}}', { count: 0, madeAt: null }],
  ['a key alone', '{"header":{},"kvs":[{"key":"L3I=","create_revision":"12","mod_revision":"40","version":"3"}],"count":"1"}', { count: 1, madeAt: 12 }],
  ['a number that is no text', '{"count":57}', null],
  ['a refusal', '{"error":"etcdserver: mvcc: required revision has been compacted","code":11}', { count: 0, madeAt: null }],
  ['no JSON', 'Not Found', null],
])('reads %s', (_what, text, range) => expect(parseEtcdRange(text)).toEqual(range))
