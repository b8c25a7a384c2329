import { createHash } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { DroverError } from '@drover/protocol'
import type { Download } from '../host.ts'
import { orNull } from './errno.ts'
import { connectPinned } from './pinned.ts'

const REDIRECTS = 5
const TRIES = 3
const STALL_MS = 60_000
const LEAST_PER_STALL = 1024 * 60

const bad = (message: string, evidence = ''): DroverError => new DroverError('binary.origin', message, { evidence })

type Server = Pick<Download, 'pin' | 'authorization'>

const ask = async (url: URL, { pin, authorization }: Server, signal: AbortSignal): Promise<IncomingMessage> => {
  const socket = pin !== null && url.protocol === 'https:' ? await connectPinned(url, pin) : null
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': 'identity', 'user-agent': 'drover-agent', ...(socket === null || authorization === undefined ? {} : { authorization }) }
    const options = { headers, timeout: STALL_MS, signal }
    // With `agent: false` Node would open a plain connection of its own beside the pinned one.
    const sent =
      socket !== null
        ? httpRequest(url.href.replace(/^https:/, 'http:'), { ...options, headers: { ...headers, connection: 'close' }, createConnection: () => socket }, resolve)
        : (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { ...options, agent: false }, resolve)
    sent.on('timeout', () => sent.destroy(new Error('no data for 60 s')))
    sent.on('error', (error) => reject(bad(`${url.host}: ${error.message}`)))
    sent.end()
  })
}

/** The answer that holds the file, after at most five redirects; never from https to http, never away from a pinned server. */
const follow = async (from: string, server: Server, signal: AbortSignal): Promise<IncomingMessage> => {
  let url = new URL(from)
  for (let left = REDIRECTS; left >= 0; left -= 1) {
    const answer = await ask(url, server, signal)
    const { statusCode = 0 } = answer
    if (statusCode === 200) return answer
    answer.destroy()
    const location = answer.headers.location
    if (statusCode < 300 || statusCode > 399 || location === undefined || server.pin !== null) {
      throw bad(`${url.host} answered ${String(statusCode)}`, `GET ${url.href}: ${String(statusCode)}`)
    }
    const next = new URL(location, url)
    if (url.protocol === 'https:' && next.protocol !== 'https:') throw bad(`${url.host} redirects to an unprotected address`)
    url = next
  }
  throw bad(`${url.host} redirects without end`)
}

const sizeOf = (answer: IncomingMessage): number | null => {
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw bad(`the origin sent the file compressed (${encoding})`)
  const length = Number(answer.headers['content-length'] ?? Number.NaN)
  return Number.isInteger(length) && length >= 0 ? length : null
}

/** Ends an answer that brings less than 1 KiB/s over a minute. */
const watchSpeed = (answer: IncomingMessage, had: () => number): (() => void) => {
  let before = 0
  const timer = setInterval(() => {
    if (had() - before < LEAST_PER_STALL) answer.destroy(new Error('slower than 1 KiB/s for a minute'))
    before = had()
  }, STALL_MS)
  return () => clearInterval(timer)
}

const receive = async (download: Download, path: string, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> => {
  const answer = await follow(download.url, download, signal)
  const total = sizeOf(answer)
  if (total !== null && total > download.maxBytes) throw bad(`the file has ${String(total)} bytes, more than the ${String(download.maxBytes)} allowed`)
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  let bytes = 0
  const unwatch = watchSpeed(answer, () => bytes)
  const abort = (): void => void answer.destroy(new Error('given up'))
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > (total ?? download.maxBytes)) throw bad('the origin sends more than it announced')
      hash.update(chunk)
      await file.writeFile(chunk) // all of it: write may be short where the disk fills
      download.onBytes(bytes, total)
    }
    if (total !== null && bytes < total) throw bad(`cut off after ${String(bytes)} of ${String(total)} bytes`)
    await file.sync()
  } finally {
    unwatch()
    signal.removeEventListener('abort', abort)
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

const NOT_AGAIN = /answered 4|more than the|its key is not|ENOSPC/

/** Fetches a file to a path under `root`; three tries, each from the start; what is half there is removed. */
export const downloadTo = async (root: string, download: Download, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> => {
  const path = `${root}${download.to}`
  for (let left = TRIES - 1; ; left -= 1) {
    await orNull(unlink(path))
    try {
      return await receive(download, path, signal)
    } catch (error) {
      await orNull(unlink(path))
      const message = error instanceof Error ? error.message : String(error)
      if (message.startsWith('ENOSPC')) throw new DroverError('step.space', 'the disk is full', { evidence: message })
      if (left === 0 || signal.aborted || NOT_AGAIN.test(message)) throw error instanceof DroverError ? error : bad(message)
      await wait(500 + Math.random() * 1500, undefined, { signal }).catch(() => undefined)
    }
  }
}
