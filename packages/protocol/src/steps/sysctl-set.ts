import * as z from 'zod'
import { KUBELET_SYSCTLS, NO_SYSCTLS, sysctlEntries, sysctlsBefore, SysctlValuesSchema } from '../k3s/kubelet-sysctls.ts'
import { DROVER } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Sets the kernel values that the kubelet wants, now and at every boot. */
export const sysctlSet = defineStep({
  kind: 'sysctl.set',
  summary: 'Notes the kernel values that are there, writes others into a file of its own that is read at every boot, sets them now and reads them back.',
  params: () => z.strictObject({ values: SysctlValuesSchema.refine((values) => Object.keys(values).length > 0, 'must name at least one').describe('kernel value by name; the file holds these and no others') }),
  result: () => z.strictObject({ changed: z.array(z.string()).max(16).describe('names of those that had another value') }),
  class: () => 'prepare',
  consent: 'allow',
  describe: ({ values }) => say('step.sysctl.set', { values: sysctlEntries(values).map(([name, value]) => `${name} = ${String(value)}`).join(', ') }),
  touches: ({ values }) => [
    { what: 'file', name: DROVER.sysctlFile, how: 'made' },
    { what: 'file', name: DROVER.sysctlBefore, how: 'made' },
    ...sysctlEntries(values).map(([name]) => ({ what: 'file' as const, name: `/proc/sys/${name.replaceAll('.', '/')}`, how: 'changed' as const })),
  ],
  effect: (view, host, { values }) => {
    const was = view.hosts[host]?.facts.sysctls?.value ?? NO_SYSCTLS
    return { hosts: { [host]: { sysctls: { now: { ...was.now, ...values }, kept: values, before: sysctlsBefore(was, values), later: was.later } } } }
  },
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: { values: KUBELET_SYSCTLS },
})
