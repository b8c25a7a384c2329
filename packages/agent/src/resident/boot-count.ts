import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { readJsonFile } from './read-json-file.ts'
import { StateFileError } from './state-file-error.ts'
import { writeDurable } from './write-durable.ts'

const BootSchema = z.strictObject({ bootId: z.string().max(64), count: z.int().min(1) })
/** The kernel's id of this boot, and how many boots this agent has seen. A count that falls shows a host that was rolled back. */
export type Boot = z.infer<typeof BootSchema>

/** Counts this boot once; the count is kept beside the other state. */
export const countBoot = (path: string, bootIdPath = '/proc/sys/kernel/random/boot_id'): Boot => {
  const bootId = readFileSync(bootIdPath, 'utf8').trim()
  const last = readLast(path)
  if (last?.bootId === bootId) return last
  const boot = { bootId, count: (last?.count ?? 0) + 1 }
  writeDurable(path, `${JSON.stringify(boot)}\n`, 0o600)
  return boot
}

const readLast = (path: string): Boot | null => {
  try {
    return readJsonFile(path, BootSchema, { maxBytes: 1_024, secret: false })
  } catch (error) {
    if (error instanceof StateFileError && error.missing) return null
    throw error
  }
}
