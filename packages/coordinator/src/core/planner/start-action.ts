import { type Action, type PlanInput, type Said, say } from '@drover/protocol'
import { makeAction } from './action.ts'
import { isOnEtcd, startedServers } from './etcd-members.ts'
import { joinUrl } from './host-config.ts'
import type { Member } from './members.ts'

const whyStart = (input: PlanInput, { id, role, host, facts }: Member): Said => {
  const { seed } = input.settled
  const url = joinUrl(input, id) ?? ''
  if (role === 'agent') return say('why.start.agent', { url })
  if (id !== seed) return facts.k3s?.wasActive === true ? say('why.start.member', { host: host.name }) : say('why.start.join', { host: host.name, url })
  return say(facts.k3s?.wasActive === true ? 'why.start.stopped' : 'why.start.first', { host: host.name })
}

const whyRestart = (input: PlanInput, { role }: Member): 'why.restart' | 'why.restart.member' | 'why.restart.server' => {
  if (role === 'agent') return 'why.restart'
  return startedServers(input).length > 1 ? 'why.restart.member' : 'why.restart.server'
}

/** Starts (or restarts) k3s on a host; the params are the same each time, so that a retry is the same action. */
export const startAction = (input: PlanInput, member: Member, restart: boolean): Action => {
  const { incarnation, seed } = input.settled
  const initialises = member.role === 'server' && member.id === seed
  const again = say(whyRestart(input, member), { host: member.host.name })
  const params = { role: member.role, cluster: input.spec.cluster, incarnation, initialises, datastore: isOnEtcd(input) ? ('etcd' as const) : ('sqlite' as const) }
  return makeAction(['k3s.start', member.id], params, restart ? again : whyStart(input, member))
}

/** True where k3s has run on the host in this incarnation and now runs, or would run, with older settings than are on the disk. */
export const needsRestart = (input: PlanInput, { facts: { k3s } }: Member): boolean =>
  k3s !== null && k3s.wasActive && k3s.incarnation === input.settled.incarnation && !k3s.current && k3s.state !== 'starting'
