import * as z from 'zod'
import { TimeSchema } from '../ids.ts'

const member = z.strictObject({
  id: z.string().describe('decimal text: it goes up to 2^64'),
  name: z.string().describe('as etcd knows it; empty until it was started'),
  host: z.string().nullable().describe('null: no server of the cluster says that it is its own'),
  member: z.enum(['learner', 'voter']),
  leader: z.boolean(),
  healthy: z.boolean().nullable().describe('what its own host says; null where that said nothing not long ago'),
  peer: z.string().nullable().describe('the URL that the others reach it by'),
  seenAt: TimeSchema.nullable().describe('when its host last told of it'),
})

/** The members of a cluster's etcd, and how many of them may be lost. */
export const EtcdShownSchema = z.strictObject({
  members: z.array(member),
  voters: z.int().describe('members that have a vote'),
  healthy: z.int().describe('of those, the ones that are healthy and know a leader'),
  quorum: z.int().describe('how many have to agree'),
  tolerates: z.int().describe('how many more may be lost before nothing can be written'),
  heartbeatMs: z.int(),
  electionMs: z.int(),
}).meta({ id: 'Etcd' })
/** See {@link EtcdShownSchema}. */
export type EtcdShown = z.infer<typeof EtcdShownSchema>
