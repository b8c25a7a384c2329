import { randomBytes } from 'node:crypto'
import { lstatSync, rmSync } from 'node:fs'
import { caHashOf, formatToken, parseToken, tokenFrom } from '../config/token.ts'
import type { Options } from '../config/options.ts'
import { linkTo, readText, writeWhole } from '../files.ts'
import type { World } from '../world.ts'

/** The bare secrets of a server; `given` says whether the server's own came from the configuration or from an earlier start. */
export type Secrets = { readonly server: string; readonly agent: string; readonly given: boolean; readonly ownAgent: boolean }

/** Reads the tokens of the configuration, then `server/token`, and makes a server token where there is none. */
export function readSecrets(world: World, options: Options): Secrets {
  const configured = tokenFrom(options, '') ?? readText(world.paths.token)?.trim()
  const server = configured === undefined || configured === '' ? randomBytes(16).toString('hex') : parseToken(configured).secret
  const agent = tokenFrom(options, 'agent-')
  const ownAgent = agent !== undefined && agent !== ''
  return { server, agent: ownAgent ? parseToken(agent).secret : server, given: configured !== undefined && configured !== '', ownAgent }
}

const isLink = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/** Writes `server/token`, the `node-token` link, and `agent-token` (a file of its own only with a token of its own). */
export function writeTokens(world: World, secrets: Secrets, from: { ca: string; ip: string }): void {
  const caHash = caHashOf(from.ca)
  const { server, token } = world.paths
  writeWhole(token, `${formatToken({ caHash, user: 'server', secret: secrets.server })}\n`)
  linkTo(`${server}/node-token`, token)
  if (secrets.ownAgent) {
    if (isLink(`${server}/agent-token`)) rmSync(`${server}/agent-token`)
    writeWhole(`${server}/agent-token`, `${formatToken({ caHash, user: 'node', secret: secrets.agent })}\n`)
  } else linkTo(`${server}/agent-token`, token)
  world.log('info', `Server node token is available at ${token}`)
  world.log('info', `To join server node to cluster: k3s server -s https://${from.ip}:6443 -t \${SERVER_NODE_TOKEN}`)
  world.log('info', `Agent node token is available at ${server}/agent-token`)
  world.log('info', `To join agent node to cluster: k3s agent -s https://${from.ip}:6443 -t \${AGENT_NODE_TOKEN}`)
}
