import * as z from 'zod'
import { DigestsSchema } from '../firewall/ruleset.ts'
import { defineFact } from './define-fact.ts'

const UnreadSchema = z.strictObject({
  why: z.string().max(400),
  traces: z.boolean().describe('files of a firewall of ours are on the host'),
})

/** How a host's firewall stands: what is in force for good, what is staged and still armed, and whether anybody else is in charge. */
export const FirewallFactSchema = z.strictObject({
  active: DigestsSchema.nullable().describe('committed: persisted and in force; null: none'),
  staged: DigestsSchema.nullable().describe('in force until its time is over, unless it is committed'),
  backend: z.string().max(32).nullable().describe('what could carry rules out; null: nothing that Drover knows'),
  inCharge: z.string().max(400).nullable().describe('another firewall that decides what comes in, with the evidence'),
  unread: UnreadSchema.nullable().describe('not null: it could not be read, so active and staged say nothing'),
  repairs: z.int().min(0).describe('how often this agent has put the active rules back since it started'),
})
/** See {@link FirewallFactSchema}. */
export type FirewallFact = z.infer<typeof FirewallFactSchema>

/** A host of which nothing else is known: nothing set, nobody in charge. */
export const NO_FIREWALL: FirewallFact = { active: null, staged: null, backend: 'nftables', inCharge: null, unread: null, repairs: 0 }

/** Digests that no ruleset has: of rules that nobody could read. */
export const UNKNOWN_DIGESTS: FirewallFact['active'] & object = { rules: '0'.repeat(64), members: '0'.repeat(64) }

/** What is in force and what is on trial of Drover's own rules, and who else is in charge. */
export const firewallFact = defineFact({ schema: FirewallFactSchema, bare: NO_FIREWALL })
