import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import type { NodeSeen } from '@drover/protocol'
import { NODES_ACCEPT, parseNodeList } from '../core/parse/node-list.ts'

/** Rows of a table bring the metadata of each node along unless they are asked not to: some kB each. */
const NODES_PATH = '/api/v1/nodes?includeObject=None'
const LIMIT_MS = 2_000
const LIMIT_BYTES = 8_388_608

/** Where a server's API is and where k3s keeps the credentials of its administrator. */
export type ClusterSource = { readonly url: string; readonly tls: string }

/** What a server's API says: whether /readyz answered ok, and the nodes by name (null where it does not say). */
export type ClusterReading = { readonly ready: boolean; readonly nodes: readonly NodeSeen[] | null }

/** What the API server of this host says, or null where it does not answer within 2 s or its certificate is not the cluster's. */
export type ReadCluster = () => Promise<ClusterReading | null>

type Credentials = { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }
type Answer = { readonly status: number; readonly body: string }

/** Reads /readyz and the nodes by the client certificate of k3s's administrator; one connection is kept for the next time. */
export const createReadCluster = (source: ClusterSource): ReadCluster => {
  let agent: Agent | null = null
  return async () => {
    const credentials = await readCredentials(source.tls)
    if (credentials === null) return null
    // Made at the first use: a host that is no server need not load HTTP.
    const kept = (agent ??= new Agent({ keepAlive: true, maxSockets: 1, timeout: 60_000 }))
    const get = (path: string, accept: string): Promise<Answer | null> => ask({ url: source.url + path, accept, credentials, agent: kept })
    const ready = await get('/readyz', 'text/plain')
    if (ready === null) return null
    if (ready.status !== 200) return { ready: false, nodes: null }
    const nodes = await get(NODES_PATH, NODES_ACCEPT)
    return { ready: true, nodes: nodes?.status === 200 ? parseNodeList(nodes.body) : null }
  }
}

const readCredentials = async (folder: string): Promise<Credentials | null> => {
  try {
    const [ca, cert, key] = await Promise.all([
      readFile(`${folder}/server-ca.crt`),
      readFile(`${folder}/client-admin.crt`),
      readFile(`${folder}/client-admin.key`),
    ])
    return { ca, cert, key }
  } catch {
    return null
  }
}

type Asked = { readonly url: string; readonly accept: string; readonly credentials: Credentials; readonly agent: Agent }

const ask = (asked: Asked): Promise<Answer | null> =>
  new Promise((resolve) => {
    const options = { ...asked.credentials, agent: asked.agent, headers: { accept: asked.accept }, signal: AbortSignal.timeout(LIMIT_MS) }
    const sent = request(asked.url, options, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length > LIMIT_BYTES) sent.destroy()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
      response.on('close', () => resolve(null))
    })
    sent.on('error', () => resolve(null))
    sent.end()
  })
