import type { Firing, Time } from '@drover/protocol'
import { KEEPS } from '../core/schedule/firing-order.ts'
import { toTidy } from '../core/snapshots/to-tidy.ts'
import type { HostReader } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'
import { readAsides } from '../host/read-asides.ts'
import { readAllSnapshots } from '../host/read-snapshots.ts'

const MINUTE = 60_000

/** The firing that removes what was kept around changes long ago, once a minute at most; null where nothing is old enough. */
export const tidyFiring = async (host: HostReader, now: Time): Promise<Firing | null> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return null
  const [snapshots, asides] = await Promise.all([readAllSnapshots(host), readAsides(host, claim.incarnation)])
  const { snapshots: names, folders } = toTidy({ snapshots, asides, cluster: claim.cluster, ...KEEPS, now })
  return names.length + folders.length === 0 ? null : { what: 'tidy', schedule: 'kept', at: Math.floor(now / MINUTE) * MINUTE }
}
