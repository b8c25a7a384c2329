import { openPinnedSocket } from './pinned-socket.ts'
import { shakeHands, type HandshakeResult } from './handshake.ts'
import type { LinkMessages, LinkOptions, LinkTimes } from './types.ts'

/** One try at one URL, from the TCP connection to ACCEPT. */
export const attempt = async <M extends LinkMessages>(
  options: LinkOptions<M>,
  to: { url: string; signal: AbortSignal },
  times: LinkTimes,
): Promise<HandshakeResult> => {
  const { coordinator, keys, store, says } = options
  const entry = await store.entry()
  if (entry === null) return { ok: false, cause: { code: 'not-enrolled' }, retryAfterMs: 0 }
  const url = URL.parse(to.url)
  if (url?.protocol !== 'https:') return { ok: false, cause: { code: 'unreachable', detail: 'not an https URL' }, retryAfterMs: 0 }
  const facts = await says.hello()
  const pinned = await openPinnedSocket({ url, pin: coordinator.pin, timeoutMs: times.connect, signal: to.signal })
  if (!pinned.ok) return { ok: false, cause: { code: pinned.code, detail: pinned.detail }, retryAfterMs: 0 }
  return shakeHands({ tls: pinned.socket, url, coordinator, keys, entry, facts, times, signal: to.signal })
}
