import { expect, it } from 'vitest'
import { etcdWords, parseEtcdHealth } from './etcd-gateway.ts'

it('takes a member for healthy only where it says so itself', () => {
  expect(parseEtcdHealth('{"health":"true","reason":""}')).toBe(true)
  for (const text of ['{"health":"false","reason":"RAFT NO LEADER"}', '{"health":true}', '{}', 'true', '']) expect(parseEtcdHealth(text)).toBe(false)
})

it('gives the words of a refusal, and those of an answer of any other form', () => {
  const words = 'etcdserver: can only promote a learner member which is in sync with leader'
  expect(etcdWords(JSON.stringify({ code: 9, message: words, details: [] }))).toBe(words)
  expect(etcdWords('Bad Gateway\n')).toBe('Bad Gateway')
  expect(etcdWords(`{"message":"${'x'.repeat(500)}"}`)).toHaveLength(200)
})
