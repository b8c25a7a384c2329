/** A request as the routes see it: nothing of the socket is left but the peer's address. */
export type Call = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  readonly remote: string
}

/** An answer. */
export type Reply = { readonly status: number; readonly type: string; readonly body: string }

/** Plain text. */
export const text = (status: number, body: string): Reply => ({ status, type: 'text/plain', body })

/** A JSON document. */
export const json = (status: number, value: unknown): Reply => ({ status, type: 'application/json', body: `${JSON.stringify(value)}\n` })

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'AlreadyExists',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}

/** A Kubernetes `Status` of a failure, printed with two spaces as k3s's own routes do. */
export function failure(code: number, message: string, details?: Readonly<Record<string, string>>): Reply {
  const more = details === undefined ? {} : { details }
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: REASONS[code] ?? 'Unknown', ...more, code }
  return { status: code, type: 'application/json', body: JSON.stringify(status, null, 2) }
}

/** The same as the supervisor's routes print it: without `apiVersion`. */
export function supervisorFailure(code: number, message: string): Reply {
  const status = { kind: 'Status', metadata: {}, status: 'Failure', message, reason: REASONS[code] ?? 'Unknown', code }
  return { status: code, type: 'application/json', body: JSON.stringify(status, null, 2) }
}
