import * as z from 'zod'
import { DigestsSchema } from '../firewall/ruleset.ts'
import { defineFact } from './define-fact.ts'

/** An SSH session that came in to a host and is open now, by the addresses of both ends. */
export type SshSession = FirewallFact['ssh'][number]

/** So many sessions a host tells at most. */
export const MOST_SESSIONS = 64

const FirewallFactSchema = z.lazy(() =>
  z.strictObject({
    active: DigestsSchema.nullable().describe('committed: persisted and in force; null: none'),
    staged: DigestsSchema.nullable().describe('in force until its time is over, unless it is committed'),
    backend: z.string().max(32).nullable().describe('what could carry rules out; null: nothing that Drover knows'),
    inCharge: z.string().max(400).nullable().describe('another firewall that decides what comes in, with the evidence'),
    unread: z
      .strictObject({ why: z.string().max(400), traces: z.boolean().describe('files of a firewall of ours are on the host') })
      .nullable()
      .describe('not null: it could not be read, so active and staged say nothing'),
    ssh: z
      .array(z.strictObject({ local: z.string().max(64), port: z.int().min(1).max(65_535), peer: z.string().max(64) }))
      .max(MOST_SESSIONS)
      .readonly()
      .describe('sessions that new rules must not cut off'),
    repairs: z.int().min(0).describe('how often this agent has put the active rules back since it started'),
  }),
)
/** How a host's firewall stands: what is in force for good, what is staged and still armed, and whether anybody else is in charge. */
export type FirewallFact = z.infer<typeof FirewallFactSchema>

/** A host of which nothing else is known: nothing set, nobody in charge. */
export const NO_FIREWALL: FirewallFact = { active: null, staged: null, backend: 'nftables', inCharge: null, unread: null, ssh: [], repairs: 0 }

/** Digests that no ruleset has: of rules that nobody could read. */
export const UNKNOWN_DIGESTS: FirewallFact['active'] & object = { rules: '0'.repeat(64), members: '0'.repeat(64) }

/** What is in force and what is on trial of Drover's own rules, and who else is in charge. */
export const firewallFact = defineFact({ schema: FirewallFactSchema, bare: NO_FIREWALL })
