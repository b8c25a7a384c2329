// The coordinator of the sessions bench, a process of its own so that its time and memory can be read from outside.
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { keyText, makeToken, tokenSigningKey, tokenText } from '@drover/protocol/node'
import { tokenDigest } from '../../packages/coordinator/src/api/authorize.ts'
import type { Context } from '../../packages/coordinator/src/context.ts'
import { homeAt, makeHome } from '../../packages/coordinator/src/home.ts'
import { createLog } from '../../packages/coordinator/src/log.ts'
import { start } from '../../packages/coordinator/src/start.ts'
import { insertApiToken } from '../../packages/coordinator/src/store/api-tokens.ts'
import { insertJoinToken } from '../../packages/coordinator/src/store/join-tokens.ts'
import type { Place } from './messages.ts'

const DAY = 86_400_000

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  return port
}

/** A join token that lets `uses` hosts in. */
const joinToken = async ({ db }: Context, uses: number): Promise<string> => {
  const [api, join] = [makeToken('api'), makeToken('join')]
  const [created_at, expires_at] = [Date.now(), Date.now() + DAY]
  await insertApiToken(db, { id: api.id, digest: tokenDigest(api.secret), role: 'operator', owner: 'bench', created_at, expires_at, revoked_at: null })
  const open = { role: 'any', cluster: null, cidrs: [], labels: {}, approve: 'auto', replaces: null } as const
  const made = { createdBy: 'bench', createdAt: created_at, expiresAt: expires_at, revokedAt: null }
  await insertJoinToken(db, { id: join.id, publicKey: tokenSigningKey(join).publicKey, usesLeft: uses, ...open, ...made })
  return tokenText(join)
}

/** All hosts of the bench have one address, of which the product would let 20 a second in: the limits of one address are those of all. */
const policy = { isKnownAddress: () => true, signatures: { perAddress: { perSecond: 300, burst: 300 }, all: { perSecond: 300, burst: 300 } } }

const serve = async (root: string, uses: number): Promise<void> => {
  const home = homeAt(root)
  const port = await freePort()
  await makeHome(home, { version: 1, listen: { host: '127.0.0.1', port }, advertise: [`https://127.0.0.1:${String(port)}`] })
  const { context, url } = await start({ home, assetsFolder: join(root, 'assets'), version: '0.0.0', log: createLog('info'), policy })
  const place: Place = { url, pin: context.keys.pin, key: keyText(context.keys.signing.publicKey), token: await joinToken(context, uses) }
  process.send?.(place)
}

const [root = '', uses = '0'] = process.argv.slice(2)
await serve(root, Number(uses))
