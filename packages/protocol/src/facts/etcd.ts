import * as z from 'zod'
import { EtcdIdSchema, MOST_MEMBERS } from '../etcd-id.ts'
import { defineViewedFact } from './define-fact.ts'
import type { Frozen } from '../frozen.ts'

const EtcdFactSchema = z.lazy(() =>
  z.strictObject({
    id: EtcdIdSchema.describe('of this member'),
    member: z.enum(['learner', 'voter']),
    healthy: z.boolean().describe('what etcd itself says of its health'),
    leader: EtcdIdSchema.nullable().describe('null: this member knows of none'),
    raftIndex: z.int().min(0),
    members: z
      .array(
        z.strictObject({
          id: EtcdIdSchema,
          name: z.string().max(300).describe('empty until it was started'),
          peer: z.string().max(300).describe('the URL that the others reach it by'),
          learner: z.boolean(),
        }),
      )
      .max(MOST_MEMBERS)
      .readonly()
      .nullable()
      .describe('as this member sees them; null: it does not say, as a learner never does'),
  }),
)
type Told = Frozen<z.infer<typeof EtcdFactSchema>>
/** What a server tells of its etcd member. */
export type EtcdFact = Told

/** What rules see of a host's member: `unhealthy` has a vote, but no leader or no health. */
export type EtcdMember = 'none' | 'learner' | 'voter' | 'unhealthy'

const seen = (told: Told): EtcdMember => {
  if (told.member === 'learner') return 'learner'
  return told.healthy && told.leader !== null ? 'voter' : 'unhealthy'
}

/** The etcd member on the host; null where there is none, or where it does not answer yet. */
export const etcdFact = defineViewedFact({ schema: EtcdFactSchema.nullable(), bare: null, view: (told): EtcdMember => (told === null ? 'none' : seen(told)) })
