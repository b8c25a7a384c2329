import { request } from 'node:https'

/** How to speak to a server: its address, what to trust, what to show. */
export type Access = {
  readonly url: string
  readonly ca?: string
  readonly basic?: string
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** What came back. */
export type Answered = { readonly status: number; readonly body: string }

/** One request of a client. */
export type Ask = { readonly method?: string; readonly path: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

const GO_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

/** A transport failure in the words of Go's HTTP client. */
export function goTransportText(url: string, ask: Ask, error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const verb = `${(ask.method ?? 'GET').slice(0, 1)}${(ask.method ?? 'GET').slice(1).toLowerCase()}`
  const address = `${new URL(url).hostname}:${new URL(url).port || '443'}`
  const known = GO_CODES[code]
  const cause = code === 'ECONNRESET' ? 'EOF' : known === undefined ? String(error instanceof Error ? error.message : error) : `dial tcp ${address}: ${known}`
  return `${verb} "${url}${ask.path}": ${cause}`
}

/** Sends one request over a connection of its own. Rejects with an Error whose message is Go's. */
export function send(access: Access, ask: Ask): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const fail = (error: unknown): void => reject(new Error(goTransportText(access.url, ask, error)))
  const headers = { connection: 'close', ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }), ...ask.headers }
  const call = request(
    new URL(ask.path, access.url),
    {
      method: ask.method ?? 'GET',
      headers,
      agent: false,
      timeout: 10_000,
      ...(access.basic === undefined ? {} : { auth: access.basic }),
      ...(access.ca === undefined ? { rejectUnauthorized: false } : { ca: access.ca, checkServerIdentity: () => undefined }),
      ...access.certificate,
    },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      response.on('error', fail)
    },
  )
  call.on('timeout', () => call.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')))
  call.on('error', fail)
  call.end(ask.body)
  return promise
}

/** The `message` of a `Status`, or the body. */
export function messageOf(answer: Answered): string {
  return /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(answer.body)?.[1] ?? answer.body.trim()
}
