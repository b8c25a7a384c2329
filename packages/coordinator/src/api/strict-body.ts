import type { FastifyInstance } from 'fastify'
import { DroverError, parseStrictJson, STRICT_JSON_LIMITS } from '@drover/protocol'
import { fromUtf8 } from '@drover/protocol/node'

const LIMITS = { ...STRICT_JSON_LIMITS, string: 300_000 }

/** Replaces Fastify's JSON parser by the strict one: no duplicate keys, no __proto__, no BOM, safe integers only. */
export const useStrictJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const text = fromUtf8(body as Buffer)
    const read = text === null ? { ok: false as const, reason: 'not UTF-8' } : parseStrictJson(text, LIMITS)
    if (read.ok) done(null, read.value)
    else done(new DroverError('request.json', `the body is not strict JSON: ${read.reason}`))
  })
}
