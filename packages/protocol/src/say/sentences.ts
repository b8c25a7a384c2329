import { PLAN_SENTENCES } from './plan-sentences.ts'
import { RUN_SENTENCES } from './run-sentences.ts'
import { STEP_SENTENCES } from './step-sentences.ts'

/** Every explanation Drover can give: code to sentence, `{name}` filled with the argument of that name. */
export const SENTENCES = { ...STEP_SENTENCES, ...PLAN_SENTENCES, ...RUN_SENTENCES } as const
