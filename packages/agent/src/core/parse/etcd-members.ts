import { MOST_MEMBERS, type EtcdFact } from '@drover/protocol'
import * as z from 'zod'
import { EtcdIdSchema } from './etcd-gateway.ts'
import { jsonAs } from './json-as.ts'
import { shortText } from './short-text.ts'

/** A member as one of the members sees it; ids are decimal text, `name` is empty until it was started. */
export type ListedMember = NonNullable<EtcdFact['members']>[number]

/** The gateway leaves out what is zero, false or empty. */
const ListSchema = z.lazy(() =>
  z.object({
    members: z.array(
      z.object({
        ID: EtcdIdSchema,
        name: z.string().default(''),
        peerURLs: z.array(z.string()).default([]),
        isLearner: z.boolean().default(false),
      }),
    ),
  }),
)

const LONGEST = 300

/** Members name themselves. */
const short = (text: string): string => shortText(text, LONGEST)

/** The members, by name and id, that /v3/cluster/member/list gives; null where it is no such answer, an id in it is no text, or there are more than can be told. */
export const parseEtcdMembers = (text: string): readonly ListedMember[] | null => {
  const read = jsonAs(ListSchema, text)
  if (read === null || read.members.length === 0 || read.members.length > MOST_MEMBERS) return null
  const members = read.members.map(({ ID, name, peerURLs, isLearner }) => ({ id: ID, name: short(name), peer: short(peerURLs[0] ?? ''), learner: isLearner }))
  return members.toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
