import type { Action, Json, Settled } from '@drover/protocol'
import { settledMembers } from '../core/planner/firewall/ruleset.ts'

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
  const members = settled === null ? null : settledMembers(settled)
  if (members === null || members.ref.digest !== namedMembers(params)) throw new Error(`${kind} names other members than the cluster has`)
  return { ...(params as Readonly<Record<string, Json>>), list: members.list as unknown as Json }
}
