import type { Action, Json, Members, Settled } from '@drover/protocol'
import { settledMembers } from '../core/planner/firewall/ruleset.ts'

/** Members are one list for a whole cluster: it is made once for as long as the same choices hold. */
const LISTS = new WeakMap<Settled, { readonly list: Members; readonly digest: string }>()

const listFor = (settled: Settled): { readonly list: Members; readonly digest: string } => {
  const known = LISTS.get(settled)
  if (known !== undefined) return known
  const { list, ref } = settledMembers(settled)
  const made = { list, digest: ref.digest }
  LISTS.set(settled, made)
  return made
}

const namedMembers = (params: Json): string | null => {
  const { members } = (params ?? {}) as { readonly members?: { readonly digest?: string } }
  return members?.digest ?? null
}

/**
 * The params of an action as its order carries them: members that it names by digest go along as a list. Throws where the cluster's members
 * are not those that were approved; the agent holds the list against the digest as well.
 */
export const orderParams = ({ kind, params }: Pick<Action, 'kind' | 'params'>, settled: Settled | null): Json => {
  if (kind !== 'firewall.stage' && kind !== 'firewall.members') return params
  const members = settled === null ? null : listFor(settled)
  if (members === null || members.digest !== namedMembers(params)) throw new Error(`${kind} names other members than the cluster has`)
  return { ...(params as Readonly<Record<string, Json>>), list: members.list as unknown as Json }
}
