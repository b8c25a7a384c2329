import type { HostReader } from '../host/host.ts'
import { readSnapshot, snapshotNames, tokenPrint } from '../host/read-snapshots.ts'
import type { Kept } from '../core/schedule/to-prune.ts'

/** All whole snapshots on this host as retention sees them; good ones are consistent, and the host's token opens them. */
export const readKept = async (host: HostReader): Promise<readonly Kept[]> => {
  const [token, names] = await Promise.all([tokenPrint(host), snapshotNames(host)])
  const all = await Promise.all(names.map((name) => readSnapshot(host, name)))
  return all.flatMap((one) => (one === null ? [] : [{ name: one.name, cluster: one.cluster, good: one.grade === 'consistent' && one.token === token }]))
}
