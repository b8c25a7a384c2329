import { type PlanInput, type Request, RequestIdSchema, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import type { Member } from '../members.ts'
import { perMember } from '../per-member.ts'
import { deletionOf, toUnguard, toUninstall } from '../requests.ts'
import { inDeletion } from '../wait.ts'
import { unguard } from './remove-firewall.ts'

const uninstall = (input: PlanInput, member: Member, request: Request): ReturnType<typeof makeAction> => {
  const params = { role: member.role, cluster: input.spec.cluster, request: RequestIdSchema.parse(request.id) }
  return makeAction(['k3s.uninstall', member.id], params, say('why.delete', { who: request.askedBy }))
}

/** Takes k3s off the agents, then, when nothing is left on any of them, off the servers; a host's firewall goes after its k3s. Every other rule rests meanwhile. */
export const serveDeleteCluster: Rule = {
  name: 'serve-delete-cluster',
  independent: false,
  decide: (input) => {
    const request = deletionOf(input)
    if (request === undefined) return { kind: 'done' }
    const left = toUninstall(input, request)
    const agents = left.filter((member) => member.role === 'agent')
    const bare = toUnguard(input, request)
    const result = perMember(input, [...(agents.length > 0 ? agents : left), ...bare], (member) =>
      bare.includes(member) ? unguard(member, 'why.firewall.gone') : { action: uninstall(input, member, request) },
    )
    return result.kind === 'done' ? result : { ...result, waits: result.waits.map(inDeletion) }
  },
}
