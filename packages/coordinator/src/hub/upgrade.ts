import type { IncomingMessage } from 'node:http'
import { AGENT_PATH, SUBPROTOCOL } from '@drover/protocol'
import { MAX_HEADERS } from './policy.ts'

/** HTTP status that refuses an upgrade. */
export type UpgradeRefusal = 400 | 403 | 405 | 426 | 429 | 431 | 503

/** What is wrong with a request to become an agent's WebSocket, or null; browsers, which send Origin, never may. */
export const upgradeFault = (request: IncomingMessage, head: Uint8Array): UpgradeRefusal | null => {
  const { headers } = request
  if (request.rawHeaders.length >= MAX_HEADERS * 2) return 431
  if (request.method !== 'GET') return 405
  if (headers.origin !== undefined) return 403
  if (headers['sec-websocket-version'] !== '13') return 426
  if (request.url !== AGENT_PATH || headers['sec-websocket-protocol'] !== SUBPROTOCOL) return 400
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  return hasBody || head.length > 0 ? 400 : null
}

const REASONS: Readonly<Record<UpgradeRefusal, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
}

/** The whole answer to a refused upgrade; it echoes nothing. */
export const upgradeRefusal = (status: UpgradeRefusal): string => {
  const extra = status === 426 ? 'Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n' : ''
  return `HTTP/1.1 ${String(status)} ${REASONS[status]}\r\n${extra}Connection: close\r\nContent-Length: 0\r\n\r\n`
}
