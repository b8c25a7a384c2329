import { existsSync, rmSync } from 'node:fs'
import * as z from 'zod'
import { signedEnrolmentSchema, type SignedEnrolment } from '@drover/protocol'
import { openEnrolment, parseToken, type Token, type VerifyKey } from '@drover/protocol/node'
import type { Accepted, LinkStore } from '../link/index.ts'
import { readChecked } from './read-checked.ts'
import { readJsonFile } from './read-json-file.ts'
import { StateFileError } from './state-file-error.ts'
import { writeDurable } from './write-durable.ts'

const StoredSchema = z.strictObject({
  nodeId: z.string().max(64),
  enrolment: signedEnrolmentSchema,
  endpoints: z.array(z.string().max(256)).max(16),
  epoch: z.int().min(0),
})
type Stored = z.infer<typeof StoredSchema>

/** Where the enrolment record and the join token lie, and whose record counts. */
export type LinkStoreOptions = { readonly record: string; readonly token: string; readonly coordinator: VerifyKey }

/** A link's store that also knows the highest epoch accepted so far. */
export type ResidentStore = LinkStore & { readonly epoch: () => number; readonly isEnrolled: () => boolean }

/**
 * Keeps what an ACCEPT leaves behind: enrolment record, endpoints and epoch in one file, written whole; the join token
 * is removed after it. Throws StateFileError at once where a file there is not as it must be.
 */
export const openLinkStore = (options: LinkStoreOptions): ResidentStore => {
  let stored = readStored(options)
  let token = stored === null ? readToken(options.token) : null
  return {
    entry: async () => {
      if (stored !== null) return { mode: 'resume', enrolment: stored.enrolment }
      return token === null ? null : { mode: 'enrol', token }
    },
    endpoints: async () => stored?.endpoints ?? [],
    accepted: async (accepted) => {
      const next = storedOf(accepted, stored)
      if (JSON.stringify(next) !== JSON.stringify(stored)) writeDurable(options.record, `${JSON.stringify(next)}\n`, 0o600)
      stored = next
      token = null
      rmSync(options.token, { force: true })
    },
    epoch: () => stored?.epoch ?? 0,
    isEnrolled: () => stored !== null,
  }
}

const storedOf = (accepted: Accepted, before: Stored | null): Stored => ({
  nodeId: accepted.nodeId,
  enrolment: accepted.enrolment,
  endpoints: [...(accepted.endpoints.length > 0 ? accepted.endpoints : (before?.endpoints ?? []))],
  epoch: Math.max(accepted.epoch, before?.epoch ?? 0),
})

/** A record signed by another key is of another coordinator: with a join token beside it, it gives way; alone it is refused. */
const readStored = (options: LinkStoreOptions): Stored | null => {
  if (!existsSync(options.record)) return null
  const stored = readJsonFile(options.record, StoredSchema, { maxBytes: 16_384, secret: false })
  if (isOf(stored.enrolment, options.coordinator)) return stored
  if (existsSync(options.token)) return null
  throw new StateFileError(options.record, 'is signed by another coordinator than the one in agent.json; install again with a new line')
}

const isOf = (enrolment: SignedEnrolment, key: VerifyKey): boolean => openEnrolment(enrolment, key) !== null

const readToken = (path: string): Token | null => {
  if (!existsSync(path)) return null
  const read = parseToken('join', readChecked(path, { maxBytes: 4_096, secret: true }))
  if (!read.ok) throw new StateFileError(path, `is no join token (${read.fault}); install again with a new line`)
  return read.token
}
