import { type PlanInput, type Rule, say, sysctlsUnlike } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, stayersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { hasBinary, hasSysctls, wantedSysctls } from '../prepared.ts'

const wish = (input: PlanInput, member: Member): Wish => {
  if (!hasBinary(input, member) || hasSysctls(input, member)) return null
  const values = wantedSysctls(input, member)
  const { now } = member.facts.sysctls
  const host = member.host.name
  const have = sysctlsUnlike(values, now).map((name) => `${name} = ${String(now[name] ?? 'unknown')}`)
  const why = have.length === 0 ? say('why.sysctls-kept', { host }) : say('why.sysctls', { host, have: have.join(', ') })
  return { action: makeAction(['sysctl.set', member.id], { values }, why) }
}

/**
 * Every member whose kubelet checks the kernel values has them, now and over a boot. Runs ahead: nothing starts by it; after
 * the binary, so that a host which cannot get k3s stays as it was.
 */
export const setSysctls: Rule = {
  name: 'set-sysctls',
  independent: true,
  decide: (input) => perMember(input, stayersOf(input), (member) => wish(input, member)),
}
