import { type Action, canonicalJson, type HostId, type Json, type Said, type StepClass, type StepKind, type StepParams } from '@drover/protocol'
import { stepOf } from './step-of.ts'

/** True for the classes of which a cluster's servers bear one change at a time. */
export const isHeavy = (kind: StepClass): boolean => kind === 'disrupt' || kind === 'membership' || kind === 'destroy'

/** What identifies an action: `kind@host#` and the canonical JSON of its params. */
export const actionKey = (kind: StepKind, host: HostId, params: Json): string => `${kind}@${host}#${canonicalJson(params)}`

/** One step for one host, with the class that its params give it. */
export const makeAction = <K extends StepKind>(step: readonly [kind: K, host: HostId], params: StepParams<K>, why: Said): Action => {
  const [kind, host] = step
  const stepClass = stepOf(kind).class(params)
  const data = params as Json
  return { key: actionKey(kind, host, data), kind, host, params: data, class: stepClass, why, change: isHeavy(stepClass) ? host : null }
}
