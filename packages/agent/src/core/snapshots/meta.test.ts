import { type Snapshot, SnapshotSchema } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { parseMeta, renderMeta } from './meta.ts'

/** As it was written before there were snapshots of etcd. */
const OLD = '{"name":"manual-a","cluster":"home","incarnation":1,"datastore":"sqlite","at":7,"bytes":4096,"sha256":"' + 'a'.repeat(64) + '","grade":"consistent","objects":12,"version":"v1.36.2+k3s1","token":"0123456789ab"}\n'
const SQLITE = SnapshotSchema.parse(JSON.parse(OLD))
const ETCD: Snapshot = {
  ...SQLITE,
  datastore: 'etcd',
  etcd: { member: '18446744073709551615', revision: { before: 640, after: 645 }, leader: { before: '8245645759233721186', after: null }, members: ['one-56d8ffb8', 'two-f4edddc2'] },
}

describe('meta.json', () => {
  it('of SQLite is read and written as it always was', () => {
    expect(parseMeta(OLD)).toEqual(SQLITE)
    expect(renderMeta(SQLITE)).toBe(OLD)
  })

  it('of etcd keeps ids to the last digit', () => {
    expect(parseMeta(renderMeta(ETCD))).toEqual(ETCD)
  })

  it.each<[string, object]>([
    ['another datastore', { datastore: 'mysql' }],
    ['an id that is a number', { etcd: { ...ETCD.etcd, member: 8_176_878 } }],
    ['no revision', { etcd: { ...ETCD.etcd, revision: null } }],
    ['more members than there are', { etcd: { ...ETCD.etcd, members: Array.from({ length: 17 }, String) } }],
    ['what nobody knows', { place: 'etcd' }],
  ])('with %s is none', (_what, change) => {
    expect(parseMeta(JSON.stringify({ ...ETCD, ...change }))).toBeNull()
  })
})
