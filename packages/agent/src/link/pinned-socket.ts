import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

/** A TLS connection whose certificate has the pinned key, or why there is none; nothing was said on a refused one. */
export type PinnedResult =
  | { ok: true; socket: TLSSocket }
  | { ok: false; code: 'unreachable' | 'pin-mismatch' | 'timeout'; detail: string }

/** Where to, which pin must be met, within how many ms, and a signal that gives the attempt up. */
export type PinnedTarget = { url: URL; pin: string; timeoutMs: number; signal: AbortSignal }

/**
 * Connects with TLS 1.3 and compares the SPKI of the certificate with the pin before a byte is written. Names and
 * authorities are not looked at: the pin is the identity, and Node checks nothing by itself here.
 */
export const openPinnedSocket = async (target: PinnedTarget): Promise<PinnedResult> => {
  const { url, pin, timeoutMs, signal } = target
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? 443 : Number(url.port)
  const servername = isIP(host) === 0 ? host : ''
  // No authorities: without the empty list Node would read those that it brings along.
  const socket = connectTls({ host, port, servername, minVersion: 'TLSv1.3', rejectUnauthorized: false, ca: [] })
  return new Promise<PinnedResult>((resolve) => {
    const settle = (result: PinnedResult): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.off('error', failed)
      socket.off('secureConnect', secured)
      socket.on('error', () => undefined)
      if (!result.ok) socket.destroy()
      resolve(result)
    }
    const failed = (error: Error): void => settle({ ok: false, code: 'unreachable', detail: error.message })
    const abort = (): void => settle({ ok: false, code: 'unreachable', detail: 'given up' })
    const secured = (): void => {
      const seen = pinOfPeer(socket)
      settle(seen === pin ? { ok: true, socket } : { ok: false, code: 'pin-mismatch', detail: `saw ${seen ?? 'no certificate'}` })
    }
    const timer = setTimeout(() => settle({ ok: false, code: 'timeout', detail: 'no TLS connection' }), timeoutMs)
    socket.once('error', failed)
    socket.once('secureConnect', secured)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
  })
}

const pinOfPeer = (socket: TLSSocket): string | null => {
  const info = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
  return info === undefined ? null : `sha256//${createHash('sha256').update(info).digest('base64')}`
}
