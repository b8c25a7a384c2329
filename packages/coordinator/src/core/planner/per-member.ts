import type { Action, PlanInput, RuleResult, Wait } from '@drover/protocol'
import type { Member } from './members.ts'
import { ruleResult } from './rule-result.ts'
import { waitReach } from './wait.ts'

/** What a rule wants of one host. */
export type Wish = { readonly action: Action } | { readonly wait: Wait } | null

/** Asks `wish` for each host that can be reached; for the others there is a wait instead of an action, where anything is wished of them. */
export const perMember = (input: PlanInput, members: readonly Member[], wish: (member: Member) => Wish): RuleResult => {
  const actions: Action[] = []
  const waits: Wait[] = []
  for (const member of members) {
    const wished = wish(member)
    if (wished === null) continue
    const unreached = waitReach(input, member)
    if (unreached !== null) waits.push(unreached)
    else if ('action' in wished) actions.push(wished.action)
    else waits.push(wished.wait)
  }
  return ruleResult(actions, waits)
}
