import * as z from 'zod'
import { jsonAs } from './json-as.ts'
import { shortText } from './short-text.ts'

/** An id as etcd's gateway gives it: 64 bits as decimal text. A bare number would have been rounded by now, so it is none. */
export const EtcdIdSchema = z.lazy(() => z.string().regex(/^(?:0|[1-9][0-9]{0,19})$/))

/** A number of 64 bits as etcd's gateway gives it, as far as a number of ours holds it; left out where it is zero. */
export const EtcdNumberSchema = z.lazy(() => EtcdIdSchema.default('0').transform(Number).pipe(z.int()))

const RefusalSchema = z.lazy(() => z.object({ message: z.string() }))

/** etcd's own words in an answer that is a refusal, at most 200 characters; the answer itself where it has another form. */
export const etcdWords = (text: string): string => shortText((jsonAs(RefusalSchema, text)?.message ?? text).trim(), 200)

const HealthSchema = z.lazy(() => z.object({ health: z.literal('true') }))

/** Whether an answer of /health says that the member is healthy. */
export const parseEtcdHealth = (text: string): boolean => jsonAs(HealthSchema, text) !== null
