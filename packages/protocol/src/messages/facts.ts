import * as z from 'zod'
import { toldFactSchemas } from '../facts/index.ts'

/** What an agent observes of its own host that rules read; every value was read `ageMs` ago. */
export const HostFactsMessageSchema = z.strictObject({
  ageMs: z.int().min(0),
  facts: z.strictObject(toldFactSchemas()),
  /** Only from a server: what its API server says of the cluster; null where it does not answer. */
  cluster: z
    .strictObject({
      ready: z.boolean().describe('/readyz answered ok'),
      nodes: z.int().min(1).nullable().describe('the reading that holds: its parts came before, in messages `nodes` of the same session'),
    })
    .nullable(),
})
/** See {@link HostFactsMessageSchema}. */
export type HostFactsMessage = z.infer<typeof HostFactsMessageSchema>
