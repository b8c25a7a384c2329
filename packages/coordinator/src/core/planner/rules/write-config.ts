import { type PlanInput, renderConfig, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { hostConfig } from '../host-config.ts'
import { type Member, membersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { hasBinary, hasConfig } from '../prepared.ts'

const wish = (input: PlanInput, member: Member): Wish => {
  if (!hasBinary(input, member) || hasConfig(input, member)) return null
  const { incarnation, seed } = input.settled
  const claim = { cluster: input.spec.cluster, incarnation, seed }
  const params = { role: member.role, claim, config: hostConfig(input, member.id) }
  const host = member.host.name
  const isClaimAlone = member.facts.config?.text === renderConfig(params.config)
  const why = isClaimAlone ? say('why.claim', { host, cluster: input.spec.cluster, incarnation }) : say('why.config', { host })
  return { action: makeAction(['k3s.config', member.id], params, why) }
}

/**
 * Every member has its settings, token files, unit and claim on disk. Runs ahead, since nothing starts by it, but after the
 * binary: where that turns out to be the wrong file, the host is as it was.
 */
export const writeConfig: Rule = {
  name: 'write-config',
  independent: true,
  decide: (input) => perMember(input, membersOf(input), (member) => wish(input, member)),
}
