import { readFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { LoopbackAnswer, LoopbackRequest } from '../host.ts'

const MAX = 65_536

/** One request to this host itself; null where nothing answers it whole in time. Throws RangeError for any other address. */
export type Loopback = (asked: LoopbackRequest) => Promise<LoopbackAnswer | null>

type Sending = { readonly url: URL; readonly options: RequestOptions; readonly body: string | undefined }

/** A kept connection may have been closed by the other side just now: that is no answer, and it is asked again on a new one. */
const send = ({ url, options, body }: Sending): Promise<LoopbackAnswer | null> =>
  new Promise((resolve) => {
    const answered = (response: IncomingMessage): void => resolve(readBody(response))
    const sent = url.protocol === 'https:' ? httpsRequest(url, options, answered) : httpRequest(url, options, answered)
    sent.on('error', () => resolve(sent.reusedSocket && options.signal?.aborted !== true ? send({ url, options: { ...options, agent: false }, body }) : null))
    sent.end(body)
  })

/** Keeps connections by TLS for the next request: etcd is asked several times a second, and each handshake costs k3s as much as us. */
export const createLoopback = (): Loopback => {
  let kept: Agent | null = null
  return async (asked) => {
    const url = new URL(asked.url)
    if (!['127.0.0.1', '[::1]'].includes(url.hostname)) throw new RangeError(`${url.hostname} is not this host`)
    const files = await readCertificates(asked)
    if (files === null) return null
    if (url.protocol === 'https:') kept ??= new Agent({ keepAlive: true, maxFreeSockets: 3, timeout: 10_000 })
    const method = asked.body === undefined ? 'GET' : 'POST'
    const agent = url.protocol === 'https:' && kept !== null ? kept : false
    return send({ url, options: { method, signal: AbortSignal.timeout(asked.timeoutMs), agent, ...files }, body: asked.body })
  }
}

/** The certificates and the key that a request names; null where one of them cannot be read. */
export const readCertificates = async (asked: LoopbackRequest): Promise<Record<string, Buffer> | null> => {
  const named = Object.entries({ ca: asked.ca, cert: asked.cert, key: asked.key })
  try {
    const read = await Promise.all(named.flatMap(([name, path]) => (path === undefined ? [] : [readFile(path).then((bytes) => [name, bytes] as const)])))
    return Object.fromEntries(read)
  } catch {
    return null
  }
}

const readBody = (response: IncomingMessage): Promise<LoopbackAnswer | null> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const end = (): void =>
      resolve(response.complete || length > MAX ? { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8').slice(0, MAX) } : null)
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX) response.destroy()
    })
    response.on('close', end)
    response.on('error', end)
  })
