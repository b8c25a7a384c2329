import { DROVER, type Finding, type PlanInput, say, SYSCTL_NAMES } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'
import { wantedSysctls } from '../prepared.ts'

/** Values of the kernel's own that the kubelet checks too, and that Drover does not set (kubelet, container manager). */
const KERNELS_OWN: Readonly<Record<string, number>> = { 'kernel.keys.root_maxkeys': 1_000_000, 'kernel.keys.root_maxbytes': 25_000_000 }

const runsWithThem = ({ facts }: Member): boolean =>
  facts.k3s?.wasActive === true && facts.config?.text.includes('protect-kernel-defaults: true') === true

/** With protect-kernel-defaults: what a file that is read after Drover's sets otherwise. The host would not come up after a boot. */
const overridden = (input: PlanInput, member: Member): readonly Finding[] => {
  const { id, host, facts } = member
  const wanted = wantedSysctls(input, member)
  // What runs is not held up by it: it goes wrong at the next boot, and people have until then.
  const level = runsWithThem(member) ? 'note' : 'fatal'
  return SYSCTL_NAMES.flatMap((sysctl) => {
    const later = facts.sysctls.later[sysctl]
    const want = wanted[sysctl]
    if (later === undefined || want === undefined || later.value === String(want)) return []
    return [finding(level, say('finding.sysctl-later', { host: host.name, ...later, sysctl, want, ours: DROVER.sysctlFile }), [id])]
  })
}

/** What the kubelet would refuse under protect-kernel-defaults and no step of Drover mends. */
export const findKernelDefaults = (input: PlanInput, member: Member): readonly Finding[] => {
  const { id, host } = member
  if (Object.keys(wantedSysctls(input, member)).length === 0) return []
  const kernel = host.measured?.value.kernel ?? {}
  const refused = Object.entries(KERNELS_OWN).flatMap(([sysctl, want]) => {
    const have = kernel[sysctl]
    if (runsWithThem(member) || have === undefined || have === want) return []
    return [finding('fatal', say('finding.kernel-defaults', { host: host.name, sysctl, want, have }), [id])]
  })
  return [...refused, ...overridden(input, member)]
}
