import { open } from 'node:fs/promises'

/**
 * The text of a file of /proc, /sys or a configuration folder, at most `limit` bytes of it; null where there is none or
 * it may not be read. Files of /proc have no size, so it is read until it ends.
 */
export const readText = async (path: string, limit = 1_048_576): Promise<string | null> => {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return null
  try {
    const chunks: Buffer[] = []
    let length = 0
    while (length < limit) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(65_536, limit - length)))
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    return null
  } finally {
    await file.close()
  }
}
