import { fetchTrust } from '../agent/trust.ts'
import { messageOf, send } from '../agent/client.ts'
import type { Options } from '../config/options.ts'
import { parseToken, tokenFrom } from '../config/token.ts'
import { Fatal } from '../log.ts'
import type { World } from '../world.ts'

const failed = (text: string): Fatal => new Fatal(`Error: preparing server: failed to bootstrap cluster data: ${text}`)

/** A server that was told to join: refuses as k3s does for a wrong token, hash or address; joining itself needs etcd, which is not here. */
export async function refuseToJoin(world: World, options: Options, url: string): Promise<never> {
  const token = parseToken(tokenFrom(options, '') ?? '')
  const ca = await fetchTrust(url, token, world.log).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    throw failed(`failed to check if bootstrap data has been initialized: failed to validate token: ${text}`)
  })
  world.log('info', 'Managed etcd cluster not yet initialized')
  const answer = await send({ url, ca, basic: `server:${token.secret}` }, { path: '/v1-k3s/server-bootstrap' })
  if (answer.status !== 200) throw failed(messageOf(answer))
  throw failed('this stand-in has no etcd')
}
