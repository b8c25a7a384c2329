import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'

const FILE = absolutePath('/var/lib/drover/journal-head.json')
const HeadSchema = z.strictObject({ count: z.int().min(0), hash: z.string().nullable() })

/** How many orders this host ever took over, and a SHA-256 chain over their bytes: a host that was rolled back shows an older one. */
export type JournalHead = z.infer<typeof HeadSchema>

/** Reads the head; nothing taken over yet is count 0. A damaged file counts as that too: it is a witness, not a gate. */
export const readHead = async (host: HostReader): Promise<JournalHead> => {
  try {
    return HeadSchema.parse(JSON.parse(new TextDecoder().decode((await host.readFile(FILE)) ?? new Uint8Array())))
  } catch {
    return { count: 0, hash: null }
  }
}

/** Counts one more order by its text on the wire; durable when it resolves. */
export const advanceHead = async (host: HostWriter, order: string): Promise<void> => {
  const { count, hash } = await readHead(host)
  const next = createHash('sha256').update(`${hash ?? ''}\n${order}`).digest('hex')
  await host.writeFile(FILE, new TextEncoder().encode(`${JSON.stringify({ count: count + 1, hash: next })}\n`), 0o600)
}
