import * as z from 'zod'
import type { Frozen } from '../frozen.ts'
import { defineViewedFact } from './define-fact.ts'

const K3sFactSchema = z.lazy(() => z.strictObject({
  role: z.enum(['server', 'agent']),
  state: z.enum(['stopped', 'starting', 'active', 'failed']),
  wasActive: z.boolean(),
  current: z.boolean().describe('it was started with the config and binary that are on disk now'),
  incarnation: z.int().min(0),
  runs: z.string().max(64).optional().describe('the version that it was last started with; absent where that is not known'),
  datastore: z.enum(['sqlite', 'etcd']).optional().describe('of a server, what its disk holds; absent where there is none yet'),
  restarts: z.int().describe("systemd's NRestarts: rising means a crash loop"),
  lastFatal: z.string().max(400).nullable().describe('the last line of level fatal, for people'),
}))

type Told = Frozen<z.infer<typeof K3sFactSchema>>

/** The unit without what only people read. */
const seen = ({ role, state, wasActive, current, incarnation, runs, datastore }: Told): Omit<Told, 'restarts' | 'lastFatal'> => ({
  role,
  state,
  wasActive,
  current,
  incarnation,
  ...(runs === undefined ? {} : { runs }),
  ...(datastore === undefined ? {} : { datastore }),
})

/** The k3s unit; null where there is none of ours. */
export const k3sFact = defineViewedFact({ schema: K3sFactSchema.nullable(), bare: null, view: (told) => (told === null ? null : seen(told)) })
