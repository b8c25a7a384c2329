import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DroverError, type ErrorCode, ERRORS, type Fault, type Problem } from '@drover/protocol'
import type { Log } from '../log.ts'
import { RateError } from './rate-error.ts'

/** An error that lists several faults of a spec. */
export class FaultsError extends DroverError {
  readonly faults: readonly Fault[]
  /** `faults` says where and what, one entry each. */
  constructor(faults: readonly Fault[]) {
    super('spec.invalid', `the spec has ${String(faults.length)} ${faults.length === 1 ? 'error' : 'errors'}`)
    this.faults = faults
  }
}

/** Every error becomes a Problem of the error table: a code, what happened, what to do next; never a stack or an echo. */
export const useErrorHandler = (app: FastifyInstance, log: Log): void => {
  app.setErrorHandler((error: unknown, request, reply) => {
    const known = error instanceof DroverError ? error : translate(error)
    if (ERRORS[known.code].status >= 500) log.error({ requestId: request.id, error }, 'request failed')
    return answer(request, reply, known)
  })
}

const answer = (request: FastifyRequest, reply: FastifyReply, error: DroverError): FastifyReply => {
  const body: Problem = {
    code: error.code,
    message: error.message,
    remedy: ERRORS[error.code].remedy,
    requestId: request.id,
    faults: error instanceof FaultsError ? [...error.faults] : [],
  }
  if (error instanceof RateError) reply.header('retry-after', String(error.retryAfter))
  return reply.status(ERRORS[error.code].status).type('application/json').send(JSON.stringify(body))
}

type Issue = { readonly instancePath?: string; readonly message?: string; readonly params?: { readonly keys?: readonly string[] } }

const translate = (error: unknown): DroverError => {
  const { code, validation } = error as { readonly code?: unknown; readonly validation?: readonly Issue[] }
  if (validation !== undefined) return new DroverError('request.invalid', invalid(validation[0] ?? {}))
  const known = typeof code === 'string' ? BY_CODE[code] ?? (code.startsWith('SQLITE_IOERR') ? FULL : undefined) : undefined
  if (known !== undefined) return new DroverError(known[0], known[1], { cause: error })
  return new DroverError('internal', 'something went wrong inside the coordinator', { cause: error })
}

const LONGEST = 200

const invalid = ({ instancePath = '', message = 'not valid', params }: Issue): string => {
  const key = params?.keys?.[0]
  const path = key === undefined ? instancePath : `${instancePath}/${key}`
  return `${path === '' ? 'the body' : path.slice(0, LONGEST)}: ${message.slice(0, LONGEST)}`
}

const FULL = ['storage.full', 'the coordinator cannot write to its disk'] as const
const BAD_URL = ['request.invalid', 'the path is not one of this coordinator'] as const

/** Error codes of Fastify, SQLite and the file system; their own messages may echo what was sent. */
const BY_CODE: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['request.media', 'the body is not of a media type that this route takes'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['request.too-large', 'the body is larger than this route takes'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['request.json', 'the body is empty'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['request.invalid', 'the body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: BAD_URL,
  FST_ERR_MAX_PARAM_LENGTH: BAD_URL,
  SQLITE_FULL: FULL,
  SQLITE_READONLY: FULL,
  ENOSPC: FULL,
  EDQUOT: FULL,
}
