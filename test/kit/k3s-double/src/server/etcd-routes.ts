import { setTimeout as wait } from 'node:timers/promises'
import { type Call, type Reply, supervisorFailure } from '../api/reply.ts'
import { bootstrapText } from '../datastore/bootstrap.ts'
import { infoText, listMembers, type Member } from '../etcd/members.ts'
import type { EtcdServer } from '../etcd/server.ts'
import type { ServerState } from './state.ts'

/** A joining server asks for the authorities; they are what this server has on its disk. */
export const serverBootstrap = (state: ServerState, call: Call): Reply => {
  if (state.etcd === undefined) return supervisorFailure(400, 'etcd disabled')
  state.world.log('info', `Serving HTTP bootstrap from datastore for ${call.remote}`)
  return { status: 200, type: 'application/json', body: bootstrapText(state.world) }
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

/** Whether a request came over the server's own loopback. */
export const isOwn = (call: Call): boolean => LOOPBACK.has(call.remote)

const INFO_MS = 2000

/** The member list as the quorum knows it, which 3.4 would also give without one. */
const agreedMembers = async (etcd: EtcdServer): Promise<Member[]> => {
  await etcd.api.call('/v3/kv/range', { key: 'AA==' })
  return listMembers(etcd.api)
}

/** The answer of `/db/info`: the member list, or 500 where the quorum does not give it soon. */
export const dbInfo = async (etcd: EtcdServer): Promise<Reply> => {
  const late = wait(INFO_MS, new Error('context deadline exceeded'))
  const listed = await Promise.race([agreedMembers(etcd).catch((error: unknown) => error), late])
  if (Array.isArray(listed)) return { status: 200, type: 'application/json', body: infoText(listed) }
  return supervisorFailure(500, `failed to get etcd MemberList: ${listed instanceof Error ? listed.message : String(listed)}`)
}
