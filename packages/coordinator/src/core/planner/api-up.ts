import type { PlanInput } from '@drover/protocol'
import { isFresh } from './facts.ts'

/** True while a server's `/readyz` was seen to answer ok not long ago. */
export const isApiUp = (input: PlanInput): boolean => input.view.facts.api?.value === 'up' && isFresh(input.view.facts.api, input.now)
