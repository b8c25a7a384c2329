import { type Datastore, MOST_SNAPSHOTS, type Snapshot, type SnapshotFact, SnapshotNameSchema } from '@drover/protocol'
import { newestFirst, parseMeta } from '../core/snapshots/meta.ts'
import type { HostReader } from './host.ts'
import { AT, readText } from './k3s-marks.ts'
import { type AbsolutePath, below } from './path.ts'

/** The folder of a snapshot. */
export const snapshotFolder = (name: string): AbsolutePath => below(AT.snapshots, SnapshotNameSchema.parse(name))

const FILES: Readonly<Record<Datastore, string>> = { sqlite: 'state.db', etcd: 'etcd.db' }

/** Its copy of the datastore. */
export const snapshotFile = ({ name, datastore }: Pick<Snapshot, 'name' | 'datastore'>): AbsolutePath => below(snapshotFolder(name), FILES[datastore])

/** Bytes of what a folder of a snapshot holds of a datastore, whole or not. */
export const snapshotBytes = async (host: HostReader, name: string): Promise<number> => {
  const stats = await Promise.all(Object.values(FILES).map((file) => host.stat(below(snapshotFolder(name), file))))
  return stats.reduce((sum, stat) => sum + (stat?.bytes ?? 0), 0)
}

/** What is known of it; written last. */
export const metaFile = (name: string): AbsolutePath => below(snapshotFolder(name), 'meta.json')

/** Names of all folders of snapshots, whole or not. */
export const snapshotNames = async (host: HostReader): Promise<readonly string[]> =>
  ((await host.list(AT.snapshots)) ?? []).filter((name) => SnapshotNameSchema.safeParse(name).success)

/** The first 12 hex digits of the SHA-256 of the server token file; empty where there is none. */
export const tokenPrint = async (host: HostReader): Promise<string> => ((await host.sha256(AT.serverToken)) ?? '').slice(0, 12)

/** What a snapshot's meta.json says; null where it is missing, damaged or of another name. */
export const readSnapshot = async (host: HostReader, name: string): Promise<Snapshot | null> => {
  const snapshot = parseMeta((await readText(host, metaFile(name))) ?? '')
  return snapshot?.name === name ? snapshot : null
}

/** All whole snapshots on this host, newest first; only their meta.json files are read. */
export const readAllSnapshots = async (host: HostReader): Promise<readonly SnapshotFact[]> => {
  const names = await snapshotNames(host)
  if (names.length === 0) return []
  const [token, ...all] = await Promise.all([tokenPrint(host), ...names.map((name) => readSnapshot(host, name))])
  const whole = all.flatMap((snapshot) => (snapshot === null ? [] : [{ ...snapshot, opens: snapshot.token === token }]))
  return newestFirst(whole)
}

/** The newest whole snapshots on this host, as many as a host reports. */
export const readSnapshots = async (host: HostReader): Promise<SnapshotFact[]> => (await readAllSnapshots(host)).slice(0, MOST_SNAPSHOTS)
