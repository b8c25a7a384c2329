import { type Action, type PlanInput, say } from '@drover/protocol'
import { makeAction } from './action.ts'
import { apiUrl } from './host-config.ts'
import type { Member } from './members.ts'

/** Starts (or restarts) k3s on a host; the params are the same each time, so that a retry is the same action. */
export const startAction = (input: PlanInput, member: Member, restart: boolean): Action => {
  const { incarnation, seed, node } = input.settled
  const initialises = member.role === 'server' && member.id === seed
  const first = initialises ? say('why.start.first', { host: member.host.name }) : say('why.start.agent', { url: apiUrl(node[seed]?.ip ?? '') })
  const again = say(member.role === 'server' ? 'why.restart.server' : 'why.restart', { host: member.host.name })
  const params = { role: member.role, cluster: input.spec.cluster, incarnation, initialises }
  return makeAction(['k3s.start', member.id], params, restart ? again : first)
}

/** True where k3s has run on the host in this incarnation and now runs, or would run, with older settings than are on the disk. */
export const needsRestart = (input: PlanInput, { facts: { k3s } }: Member): boolean =>
  k3s !== null && k3s.wasActive && k3s.incarnation === input.settled.incarnation && !k3s.current && k3s.state !== 'starting'
