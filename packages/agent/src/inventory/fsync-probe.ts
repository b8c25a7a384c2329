import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hrtime } from 'node:process'
import { percentile } from '../core/inventory/percentile.ts'

const ROUNDS = 200
const LIMIT_MS = 2_000
const FEWEST = 20
const DAY_MS = 86_400_000

/** A measurement as it is kept: p99 of one 4 KiB write and fsync in microseconds, on which device, when (ms since 1970). */
export type FsyncResult = { readonly p99Us: number; readonly device: number; readonly at: number }

/** p99 of up to 200 pairs of a 4 KiB write and fsync in a folder, at most 2 s; null where fewer than 20 were done. The file is removed. */
export const probeFsync = async (folder: string): Promise<number | null> => {
  const path = `${folder}/.drover-fsync-probe`
  const file = await open(path, 'w', 0o600)
  try {
    const block = Buffer.alloc(4_096, 0x5a)
    const samples: number[] = []
    const end = hrtime.bigint() + BigInt(LIMIT_MS) * 1_000_000n
    while (samples.length < ROUNDS && hrtime.bigint() < end) {
      const start = hrtime.bigint()
      await file.write(block, 0, block.length, samples.length * block.length)
      await file.sync()
      samples.push(Number(hrtime.bigint() - start) / 1_000)
    }
    return samples.length < FEWEST ? null : percentile(samples, 0.99)
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

/** The kept result for a device that is less than a day old; null where there is none. */
export const readFsyncResult = async (path: string, wanted: { readonly device: number; readonly now: number }): Promise<FsyncResult | null> => {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Partial<FsyncResult>
    const { p99Us, device, at } = kept
    if (p99Us === undefined || at === undefined || device !== wanted.device) return null
    const age = wanted.now - at
    return age >= 0 && age < DAY_MS ? { p99Us, device, at } : null
  } catch {
    return null
  }
}

/** Keeps a result for the next time; where it cannot be written the next time measures again. */
export const keepFsyncResult = async (path: string, result: FsyncResult): Promise<void> => {
  const text = `${JSON.stringify(result)}\n`
  await writeFile(`${path}.new`, text, { mode: 0o600 }).then(() => rename(`${path}.new`, path), () => undefined)
}
