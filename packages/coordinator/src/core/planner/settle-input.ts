import type { HostId, PlanInput, Settled } from '@drover/protocol'

/** The addresses of the machine that the coordinator runs on, and the port that hosts reach it by. */
export type CoordinatorPlace = { readonly addresses: readonly string[]; readonly port: number }

/** A host as the coordinator heard it last: from which address, and whether it is connected now. */
export type Caller = { readonly id: HostId; readonly name: string; readonly address: string; readonly online: boolean }

/** What roles, addresses and seed are chosen from; the view holds all hosts of the coordinator, also those of other clusters. */
export type SettleInput = Omit<PlanInput, 'settled'> & {
  readonly incarnation: number
  readonly artifacts: Settled['artifacts']
  /** What was approved before, where the cluster exists. */
  readonly previous: Settled | null
  /** Where the coordinator itself is; absent: nothing is known of that. */
  readonly coordinator?: CoordinatorPlace
  /** The address that the drover command came from which asks for the forecast; absent: it is not known. */
  readonly operator?: string
  /** All hosts that speak to the coordinator, also those that the view leaves out; absent: nothing is known of them. */
  readonly callers?: readonly Caller[]
}
