import { type Claim, ClaimSchema, Sha256Schema } from '@drover/protocol'
import * as z from 'zod'
import { jsonAs } from '../parse/json-as.ts'

const InstalledSchema = z.strictObject({
  version: z.string().max(64),
  sha256: Sha256Schema,
  bytes: z.int(),
  modifiedMs: z.int(),
  links: z.array(z.string().max(200)).max(8),
  images: z.record(z.string().max(128), Sha256Schema),
})
/**
 * What Drover installed (/var/lib/drover/k3s-installed.json). The hash holds as long as the binary has this size and
 * modification time (ms since 1970); `links`: the links that are ours.
 */
export type Installed = z.infer<typeof InstalledSchema>

const StartedSchema = z.strictObject({
  binary: Sha256Schema,
  settings: Sha256Schema,
  before: z.string().max(64),
  cursor: z.string().max(400),
  order: z.string().max(64),
  version: z.string().max(64).optional(),
})
/**
 * With what k3s was last told to start (/var/lib/drover/k3s-started.json), written before it is told. `before`: systemd's
 * invocation id at that time: once the unit has another one, the start has happened. `cursor`: end of its log then.
 * `version`: of the binary; marks of earlier agents lack it.
 */
export type Started = z.infer<typeof StartedSchema>

/** The claim in claim.json, or null where the text is none. */
export const parseClaim = (text: string): Claim | null => jsonAs(ClaimSchema, text)
/** What k3s-installed.json says, or null where it is damaged. */
export const parseInstalled = (text: string): Installed | null => jsonAs(InstalledSchema, text)
/** What k3s-started.json says, or null where it is damaged. */
export const parseStarted = (text: string): Started | null => jsonAs(StartedSchema, text)
/** The text of one of these files. */
export const renderMark = (mark: Claim | Installed | Started): string => `${JSON.stringify(mark)}\n`

/**
 * What is on disk now: SHA-256 of the installed binary and of all settings whose change takes a restart, and the unit's present
 * invocation id. `earlier`: the digests as earlier agents took them.
 */
export type OnDisk = { readonly binary: string | null; readonly settings: string; readonly earlier: readonly string[]; readonly invocation: string }

/** True where k3s was last started with exactly the binary and the settings that are on disk now. */
export const isCurrent = (started: Started | null, now: OnDisk): boolean =>
  started !== null && started.binary === now.binary && [now.settings, ...now.earlier].includes(started.settings) && started.before !== now.invocation
