import { compress, type Packing } from './compress.ts'
import { TAR_END, tarEntry, type TarEntry } from './tar.ts'

/** An entry and how it is packed. */
export interface PackedEntry extends TarEntry {
  readonly packing: Packing
}

/**
 * A compressed tar of the entries, each packed on its own and put one after the other: what is large and seldom changes comes
 * from the cache, and equal inputs make equal bytes.
 */
export const archive = async (entries: readonly PackedEntry[], cache: string): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  for (const entry of entries) {
    for (const piece of tarEntry(entry)) if (piece.byteLength > 0) pieces.push(await compress(piece, entry.packing, cache))
  }
  const last = entries.at(-1)?.packing ?? 'gzip-9'
  return Buffer.concat([...pieces, await compress(TAR_END, last, cache)])
}
