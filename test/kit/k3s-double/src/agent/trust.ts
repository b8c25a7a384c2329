import { caHashOf, type JoinToken } from '../config/token.ts'
import type { Log } from '../log.ts'
import { send } from './client.ts'

const UNPINNED =
  "Cluster CA certificate is not trusted by the host CA bundle, but the token does not include a CA hash. Use the full token from the server's node-token file to enable Cluster CA validation."

/**
 * Fetches `/cacerts` unverified and holds it against the token's hash; a short token is only warned about.
 * @throws Error in k3s's words: the server cannot be reached, or the hash differs
 */
export async function fetchTrust(url: string, token: JoinToken, log: Log): Promise<string> {
  if (!url.startsWith('https://')) throw new Error(`only https:// URLs are supported, invalid scheme: ${url}`)
  const answer = await send({ url }, { path: '/cacerts' }).catch((error: unknown) => {
    throw new Error(`failed to get CA certs: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (answer.status !== 200) throw new Error(`failed to get CA certs: ${url}/cacerts: ${answer.status} ${statusText(answer.status)}`)
  const hash = caHashOf(answer.body)
  if (token.caHash === '') log('warning', UNPINNED)
  else if (token.caHash !== hash) throw new Error(`token CA hash does not match the Cluster CA certificate hash: ${token.caHash} != ${hash}`)
  return answer.body
}

const statusText = (status: number): string => (status === 503 ? 'Service Unavailable' : 'Error')
