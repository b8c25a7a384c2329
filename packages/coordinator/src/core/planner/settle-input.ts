import type { PlanInput, Settled } from '@drover/protocol'

/** What roles, addresses and seed are chosen from; the view holds all hosts of the coordinator, also those of other clusters. */
export type SettleInput = Omit<PlanInput, 'settled'> & {
  readonly incarnation: number
  readonly artifacts: Settled['artifacts']
  /** What was approved before, where the cluster exists. */
  readonly previous: Settled | null
}
