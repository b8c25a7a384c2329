import * as z from 'zod'
import type { Host } from '../host.ts'

const TLS = '/var/lib/rancher/k3s/server/tls/etcd'

/** A command by which etcd on a server lists its members, as JSON. */
export const LIST_MEMBERS = `curl -sS -m 2 --cacert ${TLS}/server-ca.crt --cert ${TLS}/client.crt --key ${TLS}/client.key -d '{}' https://127.0.0.1:2382/v3/cluster/member/list`

const MembersSchema = z.object({ members: z.array(z.object({ ID: z.string(), name: z.string().default(''), isLearner: z.boolean().default(false) })) })

/** The members as etcd itself lists them on a server, `node` without what k3s adds to it for etcd's name; an error where etcd does not answer. */
export const membersOn = async (host: Host): Promise<readonly { readonly id: string; readonly node: string; readonly isLearner: boolean }[]> =>
  MembersSchema.parse(JSON.parse(await host.must(LIST_MEMBERS))).members.map(({ ID, name, isLearner }) => ({ id: ID, node: name.replace(/-[0-9a-f]{8}$/, ''), isLearner }))

/** The servers that vote, by the word of one of them, sorted. */
export const votersOn = async (host: Host): Promise<readonly string[]> => (await membersOn(host)).filter(({ isLearner }) => !isLearner).map(({ node }) => node).toSorted()
