import { yamlTopKeys } from '../core/parse/yaml-keys.ts'
import { ETCD_MEMBER } from '../facts/readers/etcd.ts'
import type { HostReader } from '../host/host.ts'
import { AT, readText } from '../host/k3s-marks.ts'
import { below } from '../host/path.ts'
import type { Check } from './step.ts'

type Blocked = Extract<Check, { is: 'blocked' }>

const DATASTORES = [below(AT.data, 'server', 'db', 'state.db'), ETCD_MEMBER]

/** True where the drop-in names a server: k3s joins that one where it has no data, and makes no cluster of its own. */
export const namesServer = async (host: HostReader): Promise<boolean> => yamlTopKeys((await readText(host, AT.dropIn)) ?? '').includes('server')

const hasData = async (host: HostReader): Promise<boolean> => (await Promise.all(DATASTORES.map((path) => host.stat(path)))).some((stat) => stat !== null)

/**
 * What forbids the start of a seed. One that never ran makes the cluster; one that did goes on with its data, or joins the server
 * that its settings name by then, and where it has neither it would make a second, empty cluster.
 */
export const againstFirst = async (host: HostReader, joins: boolean): Promise<Blocked | null> => {
  const hasRun = (await host.stat(AT.wasActive)) !== null || (await hasData(host))
  if (!hasRun) return joins ? { is: 'blocked', code: 'k3s.seed', said: 'its settings name a server to join' } : null
  const isSafe = joins || (await hasData(host))
  return isSafe ? null : { is: 'blocked', code: 'k3s.data-gone', said: 'it has run this cluster, and there is no datastore below /var/lib/rancher/k3s/server/db' }
}
