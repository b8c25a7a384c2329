import * as z from 'zod'
import { NO_FIREWALL } from '../facts/firewall.ts'
import { FIREWALL } from '../firewall/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Takes the whole firewall off the host: no trace is left, every port is as open as it was without it. */
export const firewallRemove = defineStep({
  kind: 'firewall.remove',
  summary: 'Deletes the table, the unit and the files; what is left is what was there before Drover set a firewall.',
  params: () => z.strictObject({}),
  result: () => z.strictObject({ removed: z.array(z.string()).max(16) }),
  class: () => 'prepare',
  consent: 'allow',
  describe: () => say('step.firewall.remove'),
  touches: () => [
    { what: 'rule', name: `table ${FIREWALL.table}`, how: 'removed' },
    { what: 'file', name: FIREWALL.active, how: 'removed' },
    { what: 'file', name: FIREWALL.unitFile, how: 'removed' },
    { what: 'unit', name: `${FIREWALL.unit}.service`, how: 'removed' },
  ],
  effect: (view, host) => ({
    hosts: { [host]: { firewall: { ...(view.hosts[host]?.facts.firewall?.value ?? NO_FIREWALL), active: null, staged: null }, witnessed: null } },
  }),
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: {},
})
