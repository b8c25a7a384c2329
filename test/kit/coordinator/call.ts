import type { TestCoordinator } from './coordinator.ts'

/** One request as a test makes it; the Host header is a name that the coordinator advertises unless given. */
export type TestCall = {
  readonly token?: string
  readonly body?: unknown
  /** The body's exact bytes, instead of `body`. */
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}
/** What came back; `json` is null where the body is not JSON. */
export type TestAnswer = { readonly status: number; readonly json: Readonly<Record<string, unknown>>; readonly text: string; readonly headers: Readonly<Record<string, unknown>> }

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Asks a route through the real app, without a socket. */
export const call = async (coordinator: TestCoordinator, line: `${Method} ${string}`, about: TestCall = {}): Promise<TestAnswer> => {
  const [method, url] = line.split(' ') as [Method, string]
  const payload = about.raw ?? (about.body === undefined ? undefined : JSON.stringify(about.body))
  const headers = {
    host: '10.0.0.1:8443',
    ...(about.token === undefined ? {} : { authorization: `Bearer ${about.token}` }),
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...about.headers,
  }
  const answer = await coordinator.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: answer.statusCode, json: parse(answer.body), text: answer.body, headers: answer.headers }
}

const parse = (text: string): TestAnswer['json'] => {
  try {
    return JSON.parse(text) as TestAnswer['json']
  } catch {
    return {}
  }
}
