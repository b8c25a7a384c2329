import * as z from 'zod'
import type { Host } from '../../lab/host.ts'
import { until } from './until.ts'

const MemberSchema = z.object({
  ID: z.string(),
  name: z.string().default(''),
  peerURLs: z.array(z.string()),
  clientURLs: z.array(z.string()).default([]),
  isLearner: z.boolean().default(false),
})

/** A member as etcd's gateway prints it: the id is decimal text. */
export type Member = z.infer<typeof MemberSchema>

const ListSchema = z.object({ members: z.array(MemberSchema) })
const ANSWER = /^([^]*)\n(\d+)$/
const TLS = '/var/lib/rancher/k3s/server/tls/etcd'

/** One call of the gateway of a server's own member, with the client certificate of that server. */
export async function gateway(host: Host, path: string, body: unknown = {}): Promise<{ readonly status: number; readonly body: string }> {
  const trust = `--cacert ${TLS}/server-ca.crt --cert ${TLS}/client.crt --key ${TLS}/client.key`
  const text = await host.must(`curl -sS -m 15 -w '\\n%{http_code}' ${trust} --data-binary '${JSON.stringify(body)}' https://127.0.0.1:2382${path}`)
  const [, said = '', status = '0'] = ANSWER.exec(text) ?? []
  return { status: Number(status), body: said }
}

/** The members that a server's own member knows. */
export const readMembers = async (host: Host): Promise<Member[]> => ListSchema.parse(JSON.parse((await gateway(host, '/v3/cluster/member/list')).body)).members

/** The member of a node, by what comes before the last dash of its name or by its address. */
export const memberOf = (members: readonly Member[], host: Host): Member | undefined =>
  members.find((member) => member.name.replace(/-[^-]*$/, '') === host.name || member.peerURLs.includes(`https://${host.address}:2380`))

/** Waits until a host is listed as a voter. */
export const voter = (server: Host, host: Host): Promise<Member> =>
  until(`${host.name} votes`, async () => {
    const found = memberOf(await readMembers(server).catch(() => []), host)
    return found !== undefined && !found.isLearner && found.name !== '' && found
  }, 120_000)

/** Promotes a host's learner through the gateway of a voter, asking until it is one. */
export async function promote(server: Host, host: Host): Promise<Member> {
  const learner = await until(`${host.name} is listed`, async () => memberOf(await readMembers(server), host))
  return until(`${host.name} is promoted`, async () => {
    await gateway(server, '/v3/cluster/member/promote', { ID: learner.ID })
    const found = memberOf(await readMembers(server), host)
    return found?.isLearner === false && found
  })
}

const StatusSchema = z.object({ header: z.object({ member_id: z.string() }), leader: z.string().default('0') })

/** What a server's own member says of itself: its id and its leader's, as text. */
export const readStatus = async (host: Host): Promise<z.infer<typeof StatusSchema>> => StatusSchema.parse(JSON.parse((await gateway(host, '/v3/maintenance/status')).body))

/** What a server's own member answers on 2381. */
export const readHealth = async (host: Host): Promise<string> => (await host.exec(['curl', '-sS', '-m', '5', 'http://127.0.0.1:2381/health'])).stdout
