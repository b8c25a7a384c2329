import { type Action, type PlanInput, type RequestId, type Said } from '@drover/protocol'
import { makeAction } from './action.ts'
import { isOnEtcd } from './etcd-members.ts'
import type { Member } from './members.ts'

/** What a snapshot is taken for: its name, why, and the request of a person where one asked. */
export type Taking = { readonly name: string; readonly why: Said; readonly request?: RequestId }

/** Takes a snapshot of the cluster's datastore on a server. */
export const takeAction = (input: PlanInput, server: Member, { name, why, request }: Taking): Action => {
  const params = { name, cluster: input.spec.cluster, incarnation: input.settled.incarnation, datastore: isOnEtcd(input) ? ('etcd' as const) : ('sqlite' as const), ...(request === undefined ? {} : { request }) }
  return makeAction(['snapshot.take', server.id], params, why)
}
