import * as z from 'zod'
import { DroverError } from '../errors.ts'
import { Sha256Schema } from '../ids.ts'
import { type Members, membersDigest, MembersSchema, type Rules, type Ruleset } from './ruleset.ts'

/** Members by their digest, with how many they are: what an approval holds. */
export const MembersRefSchema = z.strictObject({ digest: Sha256Schema, nodes: z.int().min(0), servers: z.int().min(0) })
/** See {@link MembersRefSchema}. */
export type MembersRef = z.infer<typeof MembersRefSchema>

/** How steps are told members: forecasts hold the digest alone, an order takes the list along. */
export const MEMBER_PARAMS = {
  members: MembersRefSchema.describe('who belongs to the cluster, by digest: what was approved'),
  list: MembersSchema.optional().describe('the members themselves; in orders alone, and held against the digest'),
} as const

/** Members as steps are told them. */
export type MemberParams = { readonly members: MembersRef; readonly list?: Members | undefined }

/** Names members by their digest. */
export const refOf = (members: Members): MembersRef => ({ digest: membersDigest(members), nodes: members.nodes.length, servers: members.servers.length })

/** A ruleset as an order carries it. */
export const toldRuleset = ({ nodes, servers, ...ruleset }: Ruleset): Required<MemberParams> & { readonly ruleset: Rules } => {
  const list = { nodes, servers }
  return { ruleset, members: refOf(list), list }
}

/** What is wrong with the list that an order carries: it has none, or another than the one that was approved; null: nothing. */
export const unlikeMembers = ({ members, list }: MemberParams): string | null => {
  if (list === undefined) return 'the order carries no list of members'
  return membersDigest(list) === members.digest ? null : 'the list of members is not the one that the order names'
}

/** The list that an order carries; throws firewall.other-members where it is not the one that was approved. */
export const listedMembers = (params: MemberParams): Members => {
  const wrong = unlikeMembers(params)
  if (params.list === undefined || wrong !== null) throw new DroverError('firewall.other-members', wrong ?? '')
  return params.list
}
