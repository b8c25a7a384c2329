import type { HostWriter } from './host.ts'
import { metaFile, snapshotBytes, snapshotFolder } from './read-snapshots.ts'

/** Removes a snapshot and gives the bytes of its file. What says that it is whole goes first: what a crash leaves is no snapshot. */
export const removeSnapshot = async (host: HostWriter, name: string): Promise<number> => {
  const bytes = await snapshotBytes(host, name)
  await host.remove(metaFile(name))
  await host.removeTree(snapshotFolder(name))
  return bytes
}
