import type { Action, RuleResult, Wait } from '@drover/protocol'

/** A rule's answer from what it found: actions, else waits, else done. */
export const ruleResult = (actions: readonly Action[], waits: readonly Wait[]): RuleResult => {
  if (actions.length > 0) return { kind: 'act', actions, waits }
  return waits.length > 0 ? { kind: 'wait', waits } : { kind: 'done' }
}
