import * as z from 'zod'
import { EtcdNumberSchema } from './etcd-gateway.ts'
import { jsonAs } from './json-as.ts'

/** How many keys there are, and at which revision of etcd. */
export type EtcdCount = { readonly count: number; readonly revision: number }

/** The gateway leaves out what is zero. */
const CountSchema = z.lazy(() => z.object({ header: z.object({ revision: EtcdNumberSchema }), count: EtcdNumberSchema }))

/** What a member says to a /v3/kv/range that only counts; null where it is no such answer. */
export const parseEtcdCount = (text: string): EtcdCount | null => {
  const read = jsonAs(CountSchema, text)
  return read === null ? null : { count: read.count, revision: read.header.revision }
}
