import { type Json, part, partList, word } from '../api/kube-object.ts'
import type { EtcdApi } from '../etcd/api.ts'
import type { Datastore, Entry } from './datastore.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64')
const decoded = (value: unknown): string => Buffer.from(word(value), 'base64').toString()

/** The first key behind all that begin with a prefix. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1
  return bytes.toString('base64')
}

const toEntry = (kv: Json): Entry => ({ key: decoded(kv['key']), value: decoded(kv['value']), revision: Number(word(kv['mod_revision'], '0')) })

const revisionOf = (answer: Json): number => Number(word(part(answer, 'header')['revision'], '0'))

/** The datastore behind a member's JSON gateway. Calls reject with etcd's own words while it has no quorum. */
export function etcdStore(api: EtcdApi): Datastore {
  const range = async (body: Json): Promise<Entry[]> => partList(await api.call('/v3/kv/range', body), 'kvs').map(toEntry)
  return {
    kind: 'etcd',
    get: async (key) => (await range({ key: encoded(key) }))[0],
    list: (prefix) => range({ key: encoded(prefix), range_end: endOf(prefix) }),
    put: async (key, value, over) => {
      const write = { key: encoded(key), value: encoded(value) }
      if (over === undefined) return revisionOf(await api.call('/v3/kv/put', write))
      const compare = [{ key: write.key, target: 'MOD', result: 'EQUAL', mod_revision: String(over) }]
      const answer = await api.call('/v3/kv/txn', { compare, success: [{ request_put: write }] })
      return answer['succeeded'] === true ? revisionOf(answer) : undefined
    },
    remove: async (key) => word((await api.call('/v3/kv/deleterange', { key: encoded(key) }))['deleted'], '0') !== '0',
    close: () => api.close(),
  }
}
