import { createHash, randomBytes } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

/** What is asked for: the value of Host, a path and the one subprotocol that will do. */
export type UpgradeRequest = { readonly host: string; readonly path: string; readonly protocol: string }

/** RFC 6455, 1.3: what a server hashes together with the key to show that it speaks WebSocket. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const LONGEST_ANSWER = 16_384

/**
 * Asks for WebSocket on a connection that nothing was said on (RFC 6455, 4.1) and resolves with what the other side sent
 * after its answer, the connection paused. Rejects where it answers anything else, or ends. By hand, because `node:http`
 * stays in the memory of a process that needs it for one request.
 */
export const upgrade = async (tls: TLSSocket, request: UpgradeRequest): Promise<Buffer> => {
  const key = randomBytes(16).toString('base64')
  const answered = readAnswer(tls)
  tls.write(
    [
      `GET ${request.path} HTTP/1.1`,
      `Host: ${request.host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
      `Sec-WebSocket-Protocol: ${request.protocol}`,
      '\r\n',
    ].join('\r\n'),
  )
  const { head, rest } = await answered
  const problem = problemOf(head, createHash('sha1').update(key + GUID).digest('base64'), request.protocol)
  if (problem !== null) throw new Error(problem)
  return rest
}

type Answer = { readonly head: string; readonly rest: Buffer }

/** Reads up to the empty line that ends an answer's head. */
const readAnswer = (tls: TLSSocket): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let held = Buffer.alloc(0)
    const settle = (): void => {
      tls.off('data', took)
      tls.off('close', closed)
      tls.pause()
    }
    const took = (bytes: Buffer): void => {
      held = Buffer.concat([held, bytes])
      const end = held.indexOf('\r\n\r\n')
      if (end < 0 && held.length <= LONGEST_ANSWER) return
      settle()
      if (end < 0 || end > LONGEST_ANSWER) reject(new Error('the answer to the upgrade is too long'))
      else resolve({ head: held.toString('latin1', 0, end), rest: held.subarray(end + 4) })
    }
    const closed = (): void => {
      settle()
      reject(new Error('closed before the upgrade was answered'))
    }
    tls.on('data', took)
    tls.once('close', closed)
    if (tls.closed) closed()
  })

/** What is wrong with the answer's head, or null. */
const problemOf = (head: string, accept: string, protocol: string): string | null => {
  const [status = '', ...lines] = head.split('\r\n')
  if (!/^HTTP\/1\.1 101(?: |$)/.test(status)) return `the upgrade was answered with ${JSON.stringify(status.slice(0, 80))}`
  const all = (name: string): string => lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim()).join(', ')
  if (all('upgrade').toLowerCase() !== 'websocket' || !/(?:^|[ ,])upgrade(?:[ ,]|$)/i.test(all('connection'))) return 'the answer to the upgrade is no upgrade'
  if (all('sec-websocket-accept') !== accept) return 'the answer to the upgrade is to another request'
  if (all('sec-websocket-protocol') !== protocol) return 'the other side speaks another protocol'
  return all('sec-websocket-extensions') === '' ? null : 'the other side wants an extension'
}
