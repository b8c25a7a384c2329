import type { FastifyInstance } from 'fastify'
import { DroverError, parseStrictJson, STRICT_JSON_LIMITS } from '@drover/protocol'
import { fromUtf8 } from '@drover/protocol/node'

const LIMITS = { ...STRICT_JSON_LIMITS, string: 300_000 }
const MEDIA = /^application\/json(?: ?; ?charset="?utf-8"?)?$/i

/** Replaces Fastify's JSON parser by the strict one: no duplicate keys, no __proto__, no BOM, safe integers only, UTF-8 only. */
export const useStrictJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!MEDIA.test(request.headers['content-type'] ?? '')) return done(new DroverError('request.media', 'the body must be application/json in UTF-8'))
    const text = fromUtf8(body as Buffer)
    const read = text === null ? { ok: false as const, reason: 'not UTF-8' } : parseStrictJson(text, LIMITS)
    if (read.ok) done(null, read.value)
    else done(new DroverError('request.json', `the body is not strict JSON: ${read.reason}`))
  })
}
