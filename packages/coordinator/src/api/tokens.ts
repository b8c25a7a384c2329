import * as z from 'zod'
import { DroverError, InstallLineSchema, type JoinTokenBody, JoinTokenBodySchema, type Token, TokenSchema } from '@drover/protocol'
import { keyText, makeToken, tokenSigningKey, tokenText } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { type ApiTokenRow, readApiTokens, revokeApiToken } from '../store/api-tokens.ts'
import { insertJoinToken, type JoinTokenRow, readJoinTokens, revokeJoinToken } from '../store/join-tokens.ts'
import { clusterOf, hostByName } from '../world/world.ts'
import type { ApiPlugin } from './types.ts'

const MANY = 50

/** Tokens: list, make a join token with its install line, revoke. */
export const tokens: ApiPlugin = (app, context) => {
  const { db, now } = context
  app.get('/api/v1/tokens', { config: { right: 'read' }, schema: { summary: 'Join and API tokens, without their secrets', response: { 200: z.array(TokenSchema) } } }, async () => [
    ...(await readJoinTokens(db)).map(showJoin),
    ...(await readApiTokens(db)).map(showApi),
  ])
  app.post('/api/v1/tokens', { config: { right: 'operate', rate: 'join-token', answersSecret: true }, schema: { summary: 'Make a join token', body: JoinTokenBodySchema, response: { 201: InstallLineSchema } } }, async (request, reply) => {
    const { body, principal } = request
    if (body.count > MANY && principal.role !== 'admin') throw new DroverError('auth.forbidden', `a token of more than ${String(MANY)} uses needs the role admin`)
    refuseReplace(context, body)
    const token = makeToken('join')
    const row: JoinTokenRow = {
      id: token.id,
      publicKey: tokenSigningKey(token).publicKey,
      usesLeft: body.count,
      role: body.role,
      cluster: body.cluster ?? null,
      cidrs: body.cidr,
      labels: body.labels,
      approve: body.approve,
      replaces: body.replace ?? null,
      createdBy: principal.name,
      createdAt: now(),
      expiresAt: now() + body.forMinutes * 60_000,
      revokedAt: null,
    }
    await insertJoinToken(db, row)
    return reply.status(201).send({ token: showJoin(row), line: installLine(context, tokenText(token)), expiresAt: row.expiresAt, uses: body.count })
  })
  app.delete('/api/v1/tokens/:id', { config: { right: 'operate' }, schema: { summary: 'Revoke a token', params: z.strictObject({ id: z.string().regex(/^[a-z2-7]{10}$/) }), response: { 200: z.strictObject({ revoked: z.string() }) } } }, async (request) => {
    const { id } = request.params
    const revoked = (await revokeJoinToken(db, id, now())) || (request.principal.role === 'admin' && (await revokeApiToken(db, id, now())))
    if (!revoked) throw new DroverError('resource.unknown', `no live token ${id}`)
    return { revoked: id }
  })
}

/** A new host takes the name of another only where that one is away and works in no cluster. */
const refuseReplace = ({ world }: Context, { replace, count }: JoinTokenBody): void => {
  if (replace === undefined) return
  if (count !== 1) throw new DroverError('request.invalid', 'a line that replaces a host is good for one host')
  const host = hostByName(world, replace)
  if (host === null) throw new DroverError('resource.unknown', `no host is called ${replace}`)
  const cluster = clusterOf(world, host.id)
  if (cluster !== null) throw new DroverError('host.in-cluster', `${replace} belongs to cluster ${cluster.name}`)
  if (world.live.get(host.id)?.online === true) throw new DroverError('resource.conflict', `${replace} is connected: it was not reinstalled`)
}

const installLine = (context: Context, token: string): string => {
  const [url = ''] = context.settings.advertise
  const key = keyText(context.keys.signing.publicKey)
  return `d=$(mktemp) && curl -fsSLk --pinnedpubkey '${context.keys.pin}' ${url}/install.sh -o $d && printf %s ${token} | sh $d --url ${url} --key ${key}`
}

const showJoin = (row: JoinTokenRow): Token => ({
  id: row.id,
  kind: 'join',
  role: row.role,
  usesLeft: row.usesLeft,
  labels: { ...row.labels },
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  revokedAt: row.revokedAt,
})

const showApi = (row: ApiTokenRow): Token => ({
  id: row.id,
  kind: 'api',
  role: row.role,
  usesLeft: null,
  labels: {},
  createdBy: row.owner,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
})
