import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod'
import { readJsonFile } from './read-json-file.ts'
import { StateFileError } from './state-file-error.ts'
import { makeFolder, writeDurable } from './write-durable.ts'

const BootSchema = z.strictObject({ bootId: z.string().max(64), count: z.int().min(1) })
/** The kernel's id of this boot, and how many boots this agent has seen. A count that falls shows a host that was rolled back. */
export type Boot = z.infer<typeof BootSchema>

/** Where the count is kept, a file on the tmpfs of this boot, and the kernel's boot id. */
export type BootPaths = { readonly count: string; readonly marker: string; readonly kernel?: string }

/** Counts this boot once. The marker is gone after each boot, also in a container, whose boots share the kernel's id. */
export const countBoot = (paths: BootPaths): Boot => {
  const bootId = readFileSync(paths.kernel ?? '/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const last = readLast(paths.count)
  if (last?.bootId === bootId && existsSync(paths.marker)) return last
  const boot = { bootId, count: (last?.count ?? 0) + 1 }
  keep(paths, boot)
  return boot
}

/** What cannot be kept is counted again, to the same number, by the next process: a full disk must not silence the agent. */
const keep = (paths: BootPaths, boot: Boot): void => {
  try {
    writeDurable(paths.count, `${JSON.stringify(boot)}\n`, 0o600)
    makeFolder(dirname(paths.marker), 0o755)
    writeFileSync(paths.marker, '')
  } catch {
    // the marker is missing, so it is tried again
  }
}

const readLast = (path: string): Boot | null => {
  try {
    return readJsonFile(path, BootSchema, { maxBytes: 1_024, secret: false })
  } catch (error) {
    if (error instanceof StateFileError && error.missing) return null
    throw error
  }
}
