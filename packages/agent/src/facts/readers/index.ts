import type { OwnFactName } from '@drover/protocol'
import { readBinary } from './binary.ts'
import { readClaim } from './claim.ts'
import { readConfig } from './config.ts'
import { readImages } from './images.ts'
import { readK3s } from './k3s.ts'
import { readSnapshots } from '../../host/read-snapshots.ts'
import { readSysctls } from '../../host/read-sysctls.ts'
import { readRoute } from './route.ts'
import { readSchedule } from './schedule.ts'
import type { FactReader } from './reader.ts'

/** A reader for each fact that the protocol names. */
export const FACT_READERS: { readonly [K in OwnFactName]: FactReader<K> } = {
  binary: readBinary,
  images: readImages,
  config: readConfig,
  claim: readClaim,
  k3s: readK3s,
  sysctls: readSysctls,
  route: readRoute,
  snapshots: readSnapshots,
  schedule: readSchedule,
}
