import { SESSION_TIMES } from '@drover/protocol'
import { BACKOFF, backoffMs, refusalBackoffMs } from '../core/backoff.ts'
import { attempt } from './attempt.ts'
import { createServerClock, type ServerClock } from './server-clock.ts'
import { runSession, type AgentSession } from './session.ts'
import type { HandshakeResult } from './handshake.ts'
import { LinkClosed, type Link, type LinkCause, type LinkMessages, type LinkOptions, type LinkTimes } from './types.ts'

/** The protocol's own times. */
export const LINK_TIMES: LinkTimes = {
  connect: SESSION_TIMES.connect,
  challenge: SESSION_TIMES.challenge,
  accept: SESSION_TIMES.accept,
  heartbeat: SESSION_TIMES.heartbeat,
  dead: SESSION_TIMES.dead,
  stable: 60_000,
  retry: null,
}

type Running<M extends LinkMessages> = {
  options: LinkOptions<M>
  times: LinkTimes
  clock: ServerClock
  stop: AbortController
  session: AgentSession | null
}

/**
 * Keeps a session with the coordinator for as long as the process lives. Losing it changes nothing else: no check is
 * relaxed, no token is used again, and the pin and key of the install line stay the only ones believed.
 */
export const connect = <M extends LinkMessages>(options: LinkOptions<M>): Link => {
  const times: LinkTimes = { ...LINK_TIMES, ...options.times }
  const running: Running<M> = { options, times, clock: createServerClock(), stop: new AbortController(), session: null }
  const loop = keepConnected(running)
  return {
    send: async (t, body, sendOptions) => {
      if (running.session === null) throw new LinkClosed('no session')
      await running.session.send(t, body, sendOptions)
    },
    serverNow: () => running.clock.at(performance.now()),
    close: async () => {
      running.stop.abort()
      await running.session?.bye()
      await loop
      options.onState({ kind: 'closed' })
    },
  }
}

const keepConnected = async <M extends LinkMessages>(running: Running<M>): Promise<void> => {
  const { options, times } = running
  for (let failures = 0, turn = 0; !isStopped(running); failures += 1) {
    const urls = await knownUrls(options)
    const url = urls[turn % urls.length] ?? ''
    options.onState({ kind: 'connecting', url })
    const outcome = await tryOnce(running, url)
    if (isStopped(running)) return
    if (outcome.openMs >= times.stable) failures = 0
    if (outcome.openMs === 0) turn += 1
    const usual = delayAfter(outcome, failures)
    const retryInMs = times.retry === null ? usual : times.retry(usual)
    options.onState({ kind: 'waiting', cause: outcome.cause, retryInMs })
    await pause(retryInMs, running.stop.signal)
  }
}

const isStopped = <M extends LinkMessages>(running: Running<M>): boolean => running.stop.signal.aborted

/** The coordinator's own list first, then the addresses of the install line. */
const knownUrls = async <M extends LinkMessages>(options: LinkOptions<M>): Promise<string[]> => [
  ...new Set([...(await options.store.endpoints()), ...options.coordinator.urls]),
]

type Outcome = { cause: LinkCause; retryAfterMs: number; openMs: number }

const tryOnce = async <M extends LinkMessages>(running: Running<M>, url: string): Promise<Outcome> => {
  try {
    const result = await attempt(running.options, { url, signal: running.stop.signal }, running.times)
    return result.ok ? await hold(running, url, result) : { ...result, openMs: 0 }
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown'
    return { cause: { code: 'ended', close: 1006, detail }, retryAfterMs: 0, openMs: 0 }
  }
}

const hold = async <M extends LinkMessages>(
  running: Running<M>,
  url: string,
  result: HandshakeResult & { ok: true },
): Promise<Outcome> => {
  const { options, times, clock } = running
  const { nodeId, state, enrolment, endpoints, epoch, serverTime } = result.accept
  clock.set(serverTime, result.acceptedAt)
  const skewMs = Date.now() - (clock.at(performance.now()) ?? 0)
  await keep(result, async () => options.store.accepted({ nodeId, state, enrolment, endpoints, epoch }))
  if (isStopped(running)) result.socket.close(1000)
  running.session = runSession(options, result, times)
  options.onState({ kind: 'open', url, nodeId, state, epoch, skewMs })
  const close = await running.session.ended
  running.session = null
  return { cause: { code: 'ended', close, detail: 'session ended' }, retryAfterMs: 0, openMs: performance.now() - result.acceptedAt }
}

/** A session whose record could not be kept is not used: the next ACCEPT brings the record again. */
const keep = async (result: HandshakeResult & { ok: true }, write: () => Promise<void>): Promise<void> => {
  try {
    await write()
  } catch (error) {
    result.socket.terminate()
    throw error
  }
}

const delayAfter = (outcome: Outcome, failures: number): number => {
  const { cause, retryAfterMs } = outcome
  if (cause.code !== 'refused') return backoffMs(failures, Math.random())
  return refusalBackoffMs({ code: cause.refuse, retryAfterMs: Math.min(retryAfterMs, BACKOFF.hourMs) }, failures, Math.random())
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
