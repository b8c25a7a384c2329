import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DroverError, type ErrorCode, ERRORS, type Fault, type Problem } from '@drover/protocol'
import type { Log } from '../log.ts'

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
  app.setErrorHandler((error: FastifyError | DroverError, request, reply) => {
    const known = error instanceof DroverError ? error : translate(error)
    if (ERRORS[known.code].status >= 500) log.error({ requestId: request.id, error }, 'request failed')
    return answer(request, reply, known)
  })
  app.setNotFoundHandler((request, reply) => answer(request, reply, new DroverError('resource.unknown', 'there is no such route')))
}

const answer = (request: FastifyRequest, reply: FastifyReply, error: DroverError): FastifyReply => {
  const body: Problem = {
    code: error.code,
    message: error.message,
    remedy: ERRORS[error.code].remedy,
    requestId: request.id,
    faults: error instanceof FaultsError ? [...error.faults] : [],
  }
  return reply.status(ERRORS[error.code].status).type('application/json').send(JSON.stringify(body))
}

type Invalid = FastifyError & { readonly validation?: readonly { readonly instancePath?: string; readonly message?: string; readonly params?: { readonly keys?: readonly string[] } }[] }

const translate = (error: Invalid): DroverError => {
  if (error.validation !== undefined) {
    const [first] = error.validation
    const path = `${first?.instancePath ?? ''}${first?.params?.keys?.[0] === undefined ? '' : `/${first.params.keys[0]}`}`
    return new DroverError('request.invalid', `${path === '' ? 'the body' : path}: ${first?.message ?? 'not valid'}`)
  }
  const code = BY_FASTIFY_CODE[error.code]
  if (code !== undefined) return new DroverError(code, error.message)
  if (error.code === 'SQLITE_FULL' || error.code.startsWith('SQLITE_IOERR')) return new DroverError('storage.full', 'the database cannot be written', { cause: error })
  return new DroverError('internal', 'something went wrong inside the coordinator', { cause: error })
}

const BY_FASTIFY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.media',
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request.json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.invalid',
  FST_ERR_BAD_URL: 'request.invalid',
  FST_ERR_MAX_PARAM_LENGTH: 'request.invalid',
}
