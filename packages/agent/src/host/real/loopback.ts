import { readFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LoopbackAnswer, LoopbackRequest } from '../host.ts'

const MAX = 65_536

/** One request to this host itself; null where nothing answers it whole in time. Throws RangeError for any other address. */
export const requestLoopback = async (asked: LoopbackRequest): Promise<LoopbackAnswer | null> => {
  const url = new URL(asked.url)
  if (!['127.0.0.1', '[::1]'].includes(url.hostname)) throw new RangeError(`${url.hostname} is not this host`)
  const files = await readCertificates(asked)
  if (files === null) return null
  return new Promise((resolve) => {
    const method = asked.body === undefined ? 'GET' : 'POST'
    const options = { method, signal: AbortSignal.timeout(asked.timeoutMs), agent: false, ...files }
    const answered = (response: IncomingMessage): void => resolve(readBody(response))
    const sent = url.protocol === 'https:' ? httpsRequest(url, options, answered) : httpRequest(url, options, answered)
    sent.on('error', () => resolve(null))
    sent.end(asked.body)
  })
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
