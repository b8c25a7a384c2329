import { expect, it } from 'vitest'
import { parseSnapshotLine } from './etcd-snapshot-line.ts'

it('reads a piece, whatever else is said of it', () => {
  expect(parseSnapshotLine('{"result":{"blob":"AAEC"}}')).toEqual({ is: 'piece', base64: 'AAEC' })
  expect(parseSnapshotLine('{"result":{"remaining_bytes":"0","blob":"AAEC","version":"3.6.12"}}')).toEqual({ is: 'piece', base64: 'AAEC' })
  expect(parseSnapshotLine('{"result":{}}')).toEqual({ is: 'piece', base64: '' })
})

it('gives the words of a refusal, and those of any other line', () => {
  const words = 'etcdserver: request is not allowed'
  expect(parseSnapshotLine(`{"error":{"grpc_code":14,"http_code":503,"message":"${words}","http_status":"Service Unavailable"}}`)).toEqual({ is: 'refused', words })
  expect(parseSnapshotLine('Bad Gateway')).toEqual({ is: 'refused', words: 'Bad Gateway' })
  expect(parseSnapshotLine('{"result":{"blob":7}}')).toEqual({ is: 'refused', words: '{"result":{"blob":7}}' })
})
