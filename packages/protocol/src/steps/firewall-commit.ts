import * as z from 'zod'
import { NO_FIREWALL } from '../facts/firewall.ts'
import { FIREWALL } from '../firewall/paths.ts'
import { DigestsSchema } from '../firewall/ruleset.ts'
import { Sha256Schema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Keeps the rules that are staged: for good, and back before k3s at every boot. */
export const firewallCommit = defineStep({
  kind: 'firewall.commit',
  summary: 'Keeps the staged rules of this digest: disarms both dead-men, persists the rules and the unit that loads them before the network and k3s.',
  params: () => z.strictObject({ rules: Sha256Schema.describe('digest of the rules, as staged') }),
  result: () => DigestsSchema,
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.firewall.commit', { rules: params.rules.slice(0, 12) }),
  touches: () => [
    { what: 'rule', name: `table ${FIREWALL.table}`, how: 'changed' },
    { what: 'file', name: FIREWALL.active, how: 'changed' },
    { what: 'file', name: FIREWALL.unitFile, how: 'made' },
    { what: 'unit', name: `${FIREWALL.unit}.service`, how: 'made' },
    { what: 'unit', name: FIREWALL.revertTimer, how: 'removed' },
  ],
  effect: (view, host, params) => {
    const firewall = view.hosts[host]?.facts.firewall?.value ?? NO_FIREWALL
    const active = firewall.staged?.rules === params.rules ? firewall.staged : firewall.active
    return { hosts: { [host]: { firewall: { ...firewall, active, staged: null } } } }
  },
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: { rules: 'a'.repeat(64) },
})
