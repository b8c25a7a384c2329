import { type PlanInput, type Rule, say, schedulesText } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isApiUp } from '../api-up.ts'
import { isToGrow } from '../etcd-members.ts'
import { type Member, stayersOf } from '../members.ts'
import { perMember, type Wish } from '../per-member.ts'
import { hasClaim, isRunning } from '../prepared.ts'
import { placeOf } from '../snapshot-servers.ts'
import { waitReach } from '../wait.ts'
import { wantedSchedules } from '../wanted-schedules.ts'

/** While k3s comes up nothing is taken from it; who is away on its way up is waited for. */
const isTime = (input: PlanInput, server: Member): boolean => hasClaim(input, server) && isRunning(server) && (server.facts.k3s?.state === 'active' || waitReach(input, server) !== null)

const wish = (input: PlanInput, server: Member): Wish => {
  const schedules = wantedSchedules(input.spec, placeOf(input, server.id))
  if (!isTime(input, server) || server.facts.schedule === schedulesText(schedules)) return null
  const { name } = server.host
  const why = schedules.length === 0 ? say('why.schedule.none', { host: name }) : say('why.schedule', { host: name })
  return { action: makeAction(['schedule.set', server.id], { cluster: input.spec.cluster, schedules }, why) }
}

/**
 * Servers that are up have the schedules of the spec, from the first minute on. Nothing waits for it: it only writes a file.
 * Until a cluster has gone to etcd it keeps those that it has.
 */
export const setSchedule: Rule = {
  name: 'set-schedule',
  independent: true,
  decide: (input) => (isApiUp(input) && !isToGrow(input) ? perMember(input, stayersOf(input, 'server'), (server) => wish(input, server)) : { kind: 'done' }),
}
