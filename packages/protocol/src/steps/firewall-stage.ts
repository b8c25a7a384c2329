import * as z from 'zod'
import { NO_FIREWALL } from '../facts/firewall.ts'
import { FIREWALL } from '../firewall/paths.ts'
import { EXAMPLE_RULESET } from '../firewall/example.ts'
import { MEMBER_PARAMS, toldRuleset } from '../firewall/members-ref.ts'
import { DigestsSchema, rulesDigest, RulesSchema } from '../firewall/ruleset.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Puts rules in force for a while: unless they are committed, the host goes back by itself. */
export const firewallStage = defineStep({
  kind: 'firewall.stage',
  summary: 'Arms two dead-men (a systemd timer and a timeout in the kernel), then puts the rules in force; without a commit in time the host goes back by itself.',
  params: () => z.strictObject({
    ruleset: RulesSchema,
    ...MEMBER_PARAMS,
    windowMs: z.int().min(2_000).max(600_000).describe('how long it holds without a commit'),
    keep: z
      .array(z.strictObject({ proto: z.literal('tcp'), port: z.int().min(1).max(65_535) }))
      .min(1)
      .max(16)
      .describe('ports that must stay reachable: witnesses dial them'),
  }),
  result: () => DigestsSchema.extend({ deadlineMs: z.int().min(0).describe('uptime of the host in ms at which it goes back') }),
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.firewall.stage', { seconds: Math.round(params.windowMs / 1000), nics: params.ruleset.guarded.join(', ') }),
  touches: () => [
    { what: 'rule', name: `table ${FIREWALL.table}`, how: 'changed' },
    { what: 'unit', name: FIREWALL.revertTimer, how: 'made' },
    { what: 'file', name: FIREWALL.revert, how: 'made' },
  ],
  effect: (view, host, params) => ({
    hosts: {
      [host]: { firewall: { ...(view.hosts[host]?.facts.firewall?.value ?? NO_FIREWALL), staged: { rules: rulesDigest(params.ruleset), members: params.members.digest } }, witnessed: null },
    },
  }),
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: { ...toldRuleset(EXAMPLE_RULESET), windowMs: 60_000, keep: [{ proto: 'tcp', port: 22 }] },
})
