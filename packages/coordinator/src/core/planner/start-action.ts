import { type Action, datastoreOf, type PlanInput, type Said, say } from '@drover/protocol'
import { makeAction } from './action.ts'
import { apiUrl } from './host-config.ts'
import type { Member } from './members.ts'

const whyStart = (input: PlanInput, { id, role, host, facts }: Member): Said => {
  const { seed, node } = input.settled
  if (role === 'agent' || id !== seed) return say('why.start.agent', { url: apiUrl(node[seed]?.ip ?? '') })
  return say(facts.k3s?.wasActive === true ? 'why.start.stopped' : 'why.start.first', { host: host.name })
}

/** Starts (or restarts) k3s on a host; the params are the same each time, so that a retry is the same action. */
export const startAction = (input: PlanInput, member: Member, restart: boolean): Action => {
  const { incarnation, seed } = input.settled
  const initialises = member.role === 'server' && member.id === seed
  const again = say(member.role === 'server' ? 'why.restart.server' : 'why.restart', { host: member.host.name })
  const params = { role: member.role, cluster: input.spec.cluster, incarnation, initialises, datastore: datastoreOf(input.spec) }
  return makeAction(['k3s.start', member.id], params, restart ? again : whyStart(input, member))
}

/** True where k3s has run on the host in this incarnation and now runs, or would run, with older settings than are on the disk. */
export const needsRestart = (input: PlanInput, { facts: { k3s } }: Member): boolean =>
  k3s !== null && k3s.wasActive && k3s.incarnation === input.settled.incarnation && !k3s.current && k3s.state !== 'starting'
