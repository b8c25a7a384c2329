import * as z from 'zod'
import { NO_FIREWALL } from '../facts/firewall.ts'
import { FIREWALL } from '../firewall/paths.ts'
import { DigestsSchema, MembersSchema, membersDigest } from '../firewall/ruleset.ts'
import { Sha256Schema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Lets new members in and old ones out, element by element; the rules stay as they are. */
export const firewallMembers = defineStep({
  kind: 'firewall.members',
  summary: 'Adds and deletes member addresses one by one in the active rules, ends the connections of those that left, and persists the result.',
  params: z.strictObject({ rules: Sha256Schema.describe('digest of the active rules'), ...MembersSchema.shape }),
  result: DigestsSchema,
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.firewall.members', { nodes: params.nodes.length, servers: params.servers.length }),
  touches: () => [
    { what: 'rule', name: `table ${FIREWALL.table}`, how: 'changed' },
    { what: 'file', name: FIREWALL.active, how: 'changed' },
  ],
  effect: (view, host, params) => ({
    hosts: {
      [host]: {
        firewall: { ...(view.hosts[host]?.facts.firewall?.value ?? NO_FIREWALL), active: { rules: params.rules, members: membersDigest(params) } },
      },
    },
  }),
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: { rules: 'a'.repeat(64), nodes: ['10.0.0.11', '10.0.0.12', '10.0.0.13'], servers: ['10.0.0.11'] },
})
