import { STEPS, type StepDefinition, type StepKind, type StepParams } from '@drover/protocol'

/** The definition of one kind, typed by that kind. */
export const stepOf = <K extends StepKind>(kind: K): StepDefinition<K, StepParams<K>, unknown> =>
  STEPS[kind] as unknown as StepDefinition<K, StepParams<K>, unknown>
