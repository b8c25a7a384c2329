import type { SectionName } from '@drover/protocol'
import type { Collector } from '../collector.ts'
import { collectHardware } from './hardware.ts'
import { collectNetwork } from './network.ts'
import { collectState } from './state.ts'

/** One collector for each section of the inventory. */
export const COLLECTORS = {
  hardware: collectHardware,
  network: collectNetwork,
  state: collectState,
} as const satisfies { readonly [S in SectionName]: Collector<S> }
