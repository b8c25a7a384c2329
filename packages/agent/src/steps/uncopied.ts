import type { HostReader } from '../host/host.ts'
import { DATASTORE } from '../host/k3s-datastore.ts'

/** Why k3s must not start with settings of these keys, for people: it would move its SQLite data to etcd, or pass over what a cut move left; null where it may. */
export const uncopied = async (host: HostReader, keys: readonly string[]): Promise<string | null> =>
  keys.includes('cluster-init') && (await host.stat(DATASTORE.sqlite)) !== null ? `${DATASTORE.sqlite} is there: k3s would move it to etcd, and there is no copy of it` : null
