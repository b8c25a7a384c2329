import { type Finding, type PlanInput, say } from '@drover/protocol'
import { optionsFor } from '../../spec/options.ts'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'

/** With `protect-kernel-defaults` the kubelet exits unless the kernel has these values (k3s hardening guide). */
const WANTED: Readonly<Record<string, number>> = {
  'vm.panic_on_oom': 0,
  'vm.overcommit_memory': 1,
  'kernel.panic': 10,
  'kernel.panic_on_oops': 1,
}

/** The kernel values that the kubelet would refuse; asked where the settings that the host has now do not demand them yet. */
export const findKernelDefaults = (input: PlanInput, { id, role, host, facts }: Member): readonly Finding[] => {
  const { measured } = host
  if (measured === undefined || optionsFor(input.spec, role)['protect-kernel-defaults'] !== true) return []
  if (facts.k3s?.wasActive === true && facts.config?.text.includes('protect-kernel-defaults: true') === true) return []
  return Object.entries(WANTED).flatMap(([sysctl, want]) => {
    const have = measured.value.kernel[sysctl] ?? 'unknown'
    return have === want ? [] : [finding('fatal', say('finding.kernel-defaults', { host: host.name, sysctl, want, have }), [id])]
  })
}
