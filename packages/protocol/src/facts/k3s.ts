import * as z from 'zod'
import { defineFact } from './define-fact.ts'

const K3sFactSchema = z.strictObject({
  role: z.enum(['server', 'agent']),
  state: z.enum(['stopped', 'starting', 'active', 'failed']),
  wasActive: z.boolean(),
  current: z.boolean().describe('it was started with the config and binary that are on disk now'),
  incarnation: z.int().min(0),
  restarts: z.int().optional().describe("systemd's NRestarts, for people: rising means a crash loop"),
  lastFatal: z.string().max(400).nullable().optional().describe('the last line of level fatal, for people'),
})

/** The k3s unit; null where there is none of ours. */
export const k3sFact = defineFact({ schema: K3sFactSchema.nullable(), bare: null })
