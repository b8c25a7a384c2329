import { type Action, NameSchema, type PlanInput, say } from '@drover/protocol'
import { makeAction } from './action.ts'
import type { Member } from './members.ts'

/** Who leaves, and the server that acts for the cluster. */
export type Leave = { readonly input: PlanInput; readonly leaver: Member; readonly by: Member }

const about = ({ input, leaver }: Leave) => ({ cluster: input.spec.cluster, incarnation: input.settled.incarnation, member: leaver.id, node: NameSchema.parse(leaver.host.name) })

/** What is done elsewhere changes the host that leaves. */
const of = (action: Action, { id }: Member): Action => ({ ...action, change: id })

/** Evicts the pods of a host that leaves. */
export const drainAction = (leave: Leave): Action => of(makeAction(['node.drain', leave.by.id], about(leave), say('why.drain', { host: leave.leaver.host.name })), leave.leaver)

/** Takes k3s off a host that leaves. */
export const uninstallAction = ({ input, leaver }: Pick<Leave, 'input' | 'leaver'>): Action =>
  makeAction(['k3s.uninstall', leaver.id], { role: leaver.role, cluster: input.spec.cluster }, say('why.leave', { host: leaver.host.name }))

/** Deletes the Node of a host that has left. */
export const deleteNodeAction = (leave: Leave): Action =>
  of(makeAction(['node.delete', leave.by.id], { ...about(leave), role: leave.leaver.role }, say('why.node.delete', { host: leave.leaver.host.name })), leave.leaver)

/** Takes the etcd member of a server out; `only: learner` leaves one that votes alone. */
export const removeMemberAction = (leave: Leave, only: 'learner' | 'any', why: Action['why']): Action => {
  const ip = leave.input.settled.node[leave.leaver.id]?.ip ?? ''
  return of(makeAction(['etcd.remove', leave.by.id], { ...about(leave), ip, only }, why), leave.leaver)
}
