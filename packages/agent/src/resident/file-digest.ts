import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 65_536

/** SHA-256 of a file as hex, read in small pieces so that it leaves no garbage behind; null where it cannot be read. */
export const fileDigest = (path: string): string | null => {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK)
  let file = -1
  try {
    file = openSync(path, 'r')
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) hash.update(buffer.subarray(0, read))
    return hash.digest('hex')
  } catch {
    return null
  } finally {
    if (file >= 0) closeSync(file)
  }
}
