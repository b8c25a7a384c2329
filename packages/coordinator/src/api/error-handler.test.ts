import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { DroverError, ERRORS } from '@drover/protocol'
import { createQuietLog } from '@drover/test/kit/coordinator/quiet-log.ts'
import { FaultsError, useErrorHandler } from './error-handler.ts'

const answerTo = async (thrown: unknown): Promise<{ status: number; json: Record<string, unknown>; text: string; logged: number }> => {
  const app = fastify()
  const { log, lines } = createQuietLog()
  useErrorHandler(app, log)
  app.get('/', () => {
    throw thrown
  })
  const answer = await app.inject('/')
  return { status: answer.statusCode, json: JSON.parse(answer.body) as Record<string, unknown>, text: answer.body, logged: lines.length }
}
const coded = (code: string): Error => Object.assign(new Error('/var/lib/secret-place: no'), { code })

describe('an error', () => {
  it.each(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_READONLY', 'ENOSPC', 'EDQUOT'])('%s is a full disk: 503, and what to do', async (code) => {
    const { status, json, logged } = await answerTo(coded(code))
    expect([status, json['code'], json['remedy'], logged]).toEqual([503, 'storage.full', ERRORS['storage.full'].remedy, 1])
  })

  it.each([new TypeError('x is not a function'), coded('EACCES'), 'only text', { code: 7 }, Object.assign(new Error('no'), { code: undefined })])(
    'that nobody foresaw says nothing of itself, and is logged: %s',
    async (thrown) => {
      const { status, json, text, logged } = await answerTo(thrown)
      expect([status, json['code'], logged]).toEqual([500, 'internal', 1])
      expect(text).not.toMatch(/function|secret-place|only text|\.ts/)
    },
  )

  it('of the error table has its status, its remedy and the faults of a spec', async () => {
    const fault = { path: 'k3s.version', line: 2, column: 3, value: 'latest', reason: 'no', nearest: null }
    const { status, json, logged } = await answerTo(new FaultsError([fault]))
    expect([status, json['code'], json['message'], json['faults'], logged]).toEqual([422, 'spec.invalid', 'the spec has 1 error', [fault], 0])
    expect((await answerTo(new DroverError('run.not-open', 'no'))).status).toBe(409)
  })
})
