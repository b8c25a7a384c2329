import { type Finding, type PlanInput, type Request, say, uninstallOf } from '@drover/protocol'
import { finding } from '../finding.ts'
import { membersOf } from '../members.ts'
import { leftBehind } from '../requests.ts'

/** The hosts that are away and keep what they have when their cluster is deleted. */
export const findLeftBehind = (input: PlanInput, deletion: Request): readonly Finding[] => {
  const away = leftBehind(deletion)
  return membersOf(input)
    .filter(({ id }) => away.has(id))
    .map(({ id, role, host }) => finding('note', say('finding.left-behind', { host: host.name, script: uninstallOf(role) }), [id]))
}
