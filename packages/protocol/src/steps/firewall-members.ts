import * as z from 'zod'
import { NO_FIREWALL } from '../facts/firewall.ts'
import { FIREWALL } from '../firewall/paths.ts'
import { EXAMPLE_RULESET } from '../firewall/example.ts'
import { MEMBER_PARAMS, refOf } from '../firewall/members-ref.ts'
import { DigestsSchema, rulesDigest } from '../firewall/ruleset.ts'
import { Sha256Schema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Lets new members in and old ones out, element by element; the rules stay as they are. */
export const firewallMembers = defineStep({
  kind: 'firewall.members',
  summary: 'Adds and deletes member addresses one by one in the active rules, ends the connections of those that left, and persists the result.',
  params: () => z.strictObject({ rules: Sha256Schema.describe('digest of the active rules'), ...MEMBER_PARAMS }),
  result: () => DigestsSchema,
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.firewall.members', { nodes: params.members.nodes, servers: params.members.servers }),
  touches: () => [
    { what: 'rule', name: `table ${FIREWALL.table}`, how: 'changed' },
    { what: 'file', name: FIREWALL.active, how: 'changed' },
  ],
  effect: (view, host, params) => ({
    hosts: {
      [host]: {
        firewall: { ...(view.hosts[host]?.facts.firewall?.value ?? NO_FIREWALL), active: { rules: params.rules, members: params.members.digest } },
      },
    },
  }),
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: { rules: rulesDigest(EXAMPLE_RULESET), members: refOf(EXAMPLE_RULESET), list: { nodes: EXAMPLE_RULESET.nodes, servers: EXAMPLE_RULESET.servers } },
})
