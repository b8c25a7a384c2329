import type { OwnFactName } from '@drover/protocol'
import { readBinary } from './binary.ts'
import { readClaim } from './claim.ts'
import { readConfig } from './config.ts'
import { readEtcd } from './etcd.ts'
import { readFirewall } from './firewall.ts'
import { readImages } from './images.ts'
import { readK3s } from './k3s.ts'
import { readSnapshots } from '../../host/read-snapshots.ts'
import { readSysctls } from '../../host/read-sysctls.ts'
import { readRoute } from './route.ts'
import { readSchedule } from './schedule.ts'
import type { FactReader } from './reader.ts'

/** A reader for each fact that the protocol names. */
export type FactReaders = { readonly [K in OwnFactName]: FactReader<K> }

/** Readers that take one look at the host. */
export const FACT_READERS: FactReaders = {
  binary: readBinary,
  images: readImages,
  config: readConfig,
  claim: readClaim,
  k3s: readK3s,
  sysctls: readSysctls,
  route: readRoute,
  snapshots: readSnapshots,
  schedule: readSchedule,
  firewall: readFirewall,
  etcd: readEtcd,
}
