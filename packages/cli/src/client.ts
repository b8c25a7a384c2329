import { createHash, type X509Certificate } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type TLSSocket } from 'node:tls'
import type { Readable } from 'node:stream'
import { ERRORS, ProblemSchema } from '@drover/protocol'
import type * as z from 'zod'
import { cleanLine } from './clean-text.ts'
import { CliError } from './cli-error.ts'
import type { Profile } from './profile.ts'

const LARGEST = 67_108_864
const TIMEOUT = 30_000

/** One call: the answer is checked by `answer`. */
export type Call<T> = {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT'
  readonly path: string
  readonly body?: unknown
  readonly stream?: { readonly data: Readable; readonly size: number }
  readonly answer: z.ZodType<T>
}

/** The coordinator's API as the CLI uses it. */
export type Client = {
  readonly call: <T>(call: Call<T>) => Promise<T>
  /** An open answer (server-sent events); the caller ends it. */
  readonly open: (path: string) => Promise<IncomingMessage>
}

/** How a client waits, and where it says so. */
export type Patience = { readonly err: (text: string) => void; readonly sleep: (ms: number) => Promise<void> }

/**
 * A client that talks only to the coordinator whose key the profile pins: before that is checked nothing is sent. Where it
 * is told to ask again within a minute it waits and does so, unless its body was a stream.
 */
export const createClient = (profile: Profile, patience: Patience): Client => ({
  call: async (call) => {
    const { body, stream } = call
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const ask = async (): Promise<Answer> =>
      readAnswer(profile, await send(profile, { method: call.method, path: call.path, ...(payload === undefined ? {} : { payload }), ...(stream === undefined ? {} : { stream }) }))
    return judge(call, stream === undefined ? await inTurn(patience, ask) : await ask())
  },
  open: async (path) => {
    const answer = await send(profile, { method: 'GET', path })
    if (answer.statusCode !== 200) throw problem(await readAnswer(profile, answer))
    return answer
  },
})

/** An answer, read whole; `retryAfter` in seconds where it has one. */
type Answer = { readonly status: number; readonly retryAfter: number | null; readonly text: string }

const readAnswer = async (profile: Profile, answer: IncomingMessage): Promise<Answer> => {
  const after = answer.headers['retry-after'] ?? ''
  return { status: answer.statusCode ?? 0, retryAfter: /^\d{1,6}$/.test(after) ? Number(after) : null, text: await readAll(profile, answer) }
}

const LONGEST_WAIT = 60
const TRIES = 4

/** Asks, and where the coordinator says «too many» asks again when it said, a few times at most. */
const inTurn = async ({ err, sleep }: Patience, ask: () => Promise<Answer>): Promise<Answer> => {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    const { status, retryAfter } = answer
    if (status !== 429 || retryAfter === null || retryAfter > LONGEST_WAIT || tries === TRIES) return answer
    err(`waiting ${String(retryAfter)} s: ${cleanLine(problem(answer).message.replace(/ \(request\.rate\)$/, ''))}\n`)
    await sleep(retryAfter * 1000)
  }
}

type Sent = { readonly method: string; readonly path: string; readonly payload?: Buffer; readonly stream?: { readonly data: Readable; readonly size: number } }

const send = async (profile: Profile, sent: Sent): Promise<IncomingMessage> => {
  const url = new URL(profile.url)
  const socket = await pinnedSocket(profile, url)
  const type = sent.stream === undefined ? (sent.payload === undefined ? {} : { 'content-type': 'application/json' }) : { 'content-type': 'application/octet-stream' }
  const size = sent.stream?.size ?? sent.payload?.length ?? 0
  const headers = { host: url.host, authorization: `Bearer ${profile.token}`, connection: 'close', ...type, ...(sent.method === 'GET' ? {} : { 'content-length': size }) }
  return new Promise((resolve, reject) => {
    const request = httpRequest({ method: sent.method, path: sent.path, headers, createConnection: () => socket })
    request.on('response', resolve)
    request.on('error', (error) => reject(unreachable(profile, error)))
    if (sent.stream === undefined) request.end(sent.payload)
    else {
      sent.stream.data.on('error', (error) => request.destroy(error))
      sent.stream.data.pipe(request)
    }
  })
}

const pinnedSocket = (profile: Profile, url: URL): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const host = url.hostname.replaceAll(/[[\]]/g, '')
    const socket = connect({ host, port: Number(url.port === '' ? '443' : url.port), rejectUnauthorized: false, minVersion: 'TLSv1.3', timeout: TIMEOUT })
    socket.once('secureConnect', () => {
      const found = pinOf(socket.getPeerX509Certificate())
      socket.setTimeout(0)
      if (found === profile.pin) return resolve(socket)
      socket.destroy()
      reject(new CliError(1, `${profile.url} is not the coordinator of this profile: its key has pin ${found}`, { remedy: 'Somebody answers in its place, or it was made anew: compare the pin, then run `drover init` again.' }))
    })
    socket.once('timeout', () => socket.destroy(new Error('no answer within 30 s')))
    socket.once('error', (error: Error) => reject(unreachable(profile, error)))
  })

const pinOf = (certificate: X509Certificate | undefined): string =>
  certificate === undefined ? '' : `sha256//${createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest('base64')}`

const unreachable = (profile: Profile, error: Error): CliError =>
  new CliError(1, `cannot reach the coordinator at ${profile.url}: ${error.message}`, { remedy: 'Is drover-coordinator.service running there? Is the port open to this machine?' })

const readAll = async (profile: Profile, answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  const drip = setTimeout(() => answer.destroy(new Error('the answer takes longer than 30 s')), TIMEOUT)
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > LARGEST) throw new CliError(1, 'the coordinator answered more than 64 MiB')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch (error) {
    throw error instanceof CliError ? error : unreachable(profile, error as Error)
  } finally {
    clearTimeout(drip)
  }
}

const judge = <T>(call: Call<T>, answer: Answer): T => {
  if (answer.status < 200 || answer.status > 299) throw problem(answer)
  const parsed = call.answer.safeParse(parse(answer.text))
  if (!parsed.success) throw new CliError(1, `the coordinator's answer to ${call.method} ${call.path} is not of the expected form`, { remedy: 'CLI and coordinator may be of different versions: upgrade the older one.' })
  return parsed.data
}

/** Codes that mean «not now, a person has to decide»: exit code 3. */
const REFUSED = new Set(['forecast.fatal', 'forecast.stale', 'forecast.hash', 'auth.forbidden', 'host.in-cluster', 'host.clone', 'resource.conflict', 'run.not-open'])

const problem = ({ status, retryAfter, text }: Answer): CliError => {
  const parsed = ProblemSchema.safeParse(parse(text))
  if (!parsed.success) return new CliError(1, `the coordinator answered ${String(status)} with something that is not Drover's`, { remedy: 'Does the URL of your profile name a Drover coordinator?' })
  const { code, message, remedy, faults } = parsed.data
  const next = retryAfter === null ? remedy : `Ask again in ${inWords(retryAfter)}.`
  return new CliError(REFUSED.has(code) ? 3 : 1, `${message} (${code})`, { remedy: next === '' ? ERRORS[code].remedy : next, faults })
}

const inWords = (seconds: number): string => (seconds < 120 ? `${String(seconds)} s` : `${String(Math.ceil(seconds / 60))} min`)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
