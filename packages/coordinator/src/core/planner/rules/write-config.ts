import { type K3sConfig, type PlanInput, renderConfig, restartText, type Rule, type Said, say, serverIn } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { hostConfig } from '../host-config.ts'
import { type Member, stayersOf } from '../members.ts'
import { isOlder, olderServers } from '../older-servers.ts'
import { type Wish, perMember } from '../per-member.ts'
import { hasBinary, hasConfig } from '../prepared.ts'
import { isPutBack } from '../requests.ts'

/**
 * On etcd nobody promises a new incarnation with the data of an older one once the seed has put a snapshot in the place of its
 * own. Where a restore was given up before that, all go on with what they have, the seed last: its promise says that it is done.
 */
const isTooEarly = (input: PlanInput, member: Member): boolean => {
  if (isPutBack(input)) return isOlder(input, member)
  return member.id === input.settled.seed && (member.facts.claim?.incarnation ?? input.settled.incarnation) < input.settled.incarnation && olderServers(input).length > 0
}

const wish = (input: PlanInput, member: Member): Wish => {
  if (!hasBinary(input, member) || hasConfig(input, member) || isTooEarly(input, member)) return null
  const { incarnation, seed } = input.settled
  const claim = { cluster: input.spec.cluster, incarnation, seed }
  const params = { role: member.role, claim, config: hostConfig(input, member.id) }
  return { action: makeAction(['k3s.config', member.id], params, whyConfig(input, member, params.config)) }
}

const whyConfig = (input: PlanInput, { id, host: { name: host }, facts }: Member, config: K3sConfig): Said => {
  const [has, wanted] = [facts.config?.text ?? '', renderConfig(config)]
  const { cluster } = input.spec
  const { incarnation, seed } = input.settled
  if (has === wanted) return say('why.claim', { host, cluster, incarnation })
  const url = serverIn(wanted)
  if (url === null || restartText(has) !== restartText(wanted)) return say('why.config', { host })
  return id === seed ? say('why.config.peer', { host, url }) : say('why.config.server', { host, url })
}

/**
 * Every member has its settings, token files, unit and claim on disk. Runs ahead, since nothing starts by it, but after the
 * binary: where that turns out to be the wrong file, the host is as it was.
 */
export const writeConfig: Rule = {
  name: 'write-config',
  independent: true,
  decide: (input) => perMember(input, stayersOf(input), (member) => wish(input, member)),
}
