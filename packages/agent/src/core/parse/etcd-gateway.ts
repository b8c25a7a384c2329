import * as z from 'zod'

/** An id as etcd's gateway gives it: 64 bits as decimal text. A bare number would have been rounded by now, so it is none. */
export const EtcdIdSchema = z.lazy(() => z.string().regex(/^(?:0|[1-9][0-9]{0,19})$/))

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** An answer of etcd's HTTP gateway or of its metrics port in the form of a schema, or null where it has another. */
export const fromGateway = <T>(schema: z.ZodType<T>, text: string): T | null => {
  const read = schema.safeParse(parseJson(text))
  return read.success ? read.data : null
}

const RefusalSchema = z.lazy(() => z.object({ message: z.string() }))

/** etcd's own words in an answer that is a refusal, at most 200 characters; the answer itself where it has another form. */
export const etcdWords = (text: string): string => (fromGateway(RefusalSchema, text)?.message ?? text).trim().slice(0, 200).replaceAll(/\p{Surrogate}/gu, '\uFFFD')

const HealthSchema = z.lazy(() => z.object({ health: z.literal('true') }))

/** Whether an answer of /health says that the member is healthy. */
export const parseEtcdHealth = (text: string): boolean => fromGateway(HealthSchema, text) !== null
