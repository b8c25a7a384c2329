import * as z from 'zod'
import { EtcdIdSchema } from './etcd-gateway.ts'
import { jsonAs } from './json-as.ts'

const number = () => EtcdIdSchema.transform(Number).pipe(z.int())

/** The gateway leaves out what is zero or empty. */
const RangeSchema = z.lazy(() => z.object({ count: number().default(0), kvs: z.array(z.object({ create_revision: number() })).default([]) }))

/** How many keys a range holds, and at which revision of etcd the first of those that came along was made; null where none came. */
export type EtcdRange = { readonly count: number; readonly madeAt: number | null }

/** What a member says to /v3/kv/range; null where it is no such answer. */
export const parseEtcdRange = (text: string): EtcdRange | null => {
  const read = jsonAs(RangeSchema, text)
  return read === null ? null : { count: read.count, madeAt: read.kvs[0]?.create_revision ?? null }
}
