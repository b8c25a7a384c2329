import * as z from 'zod'
import { EtcdIdSchema, EtcdNumberSchema } from './etcd-gateway.ts'
import { jsonAs } from './json-as.ts'

/** What an etcd member says of itself; ids are decimal text, `leader` is null where it knows of none, `revision` is that of its data. */
export type EtcdStatus = { readonly id: string; readonly learner: boolean; readonly leader: string | null; readonly raftIndex: number; readonly revision: number }

/** The gateway leaves out what is zero, false or empty. */
const StatusSchema = z.lazy(() =>
  z.object({
    header: z.object({ member_id: EtcdIdSchema, revision: EtcdNumberSchema }),
    isLearner: z.boolean().default(false),
    leader: EtcdIdSchema.default('0'),
    raftIndex: EtcdNumberSchema,
  }),
)

/** What a member says to /v3/maintenance/status; null where it is no such answer, or an id in it is no text. */
export const parseEtcdStatus = (text: string): EtcdStatus | null => {
  const read = jsonAs(StatusSchema, text)
  if (read === null) return null
  const { header, isLearner, leader, raftIndex } = read
  return { id: header.member_id, learner: isLearner, leader: leader === '0' ? null : leader, raftIndex, revision: header.revision }
}
