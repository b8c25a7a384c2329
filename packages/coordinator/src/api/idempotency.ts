import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { canonicalJson, DroverError, type Json } from '@drover/protocol'
import type { Context } from '../context.ts'
import { readReplay, writeReplay } from '../store/idempotency.ts'

const KEY = /^[\x21-\x7e]{8,128}$/

/**
 * A POST that carries an Idempotency-Key is done once: the same key with the same body gets the stored answer, also where
 * both come at the same time, with another body a conflict. Only answers below 500 are kept, and never those of routes that
 * answer with a secret. Who hangs up does not end what was asked for: the next one with the key waits for its answer.
 */
export const useIdempotency = (app: FastifyInstance, context: Context): void => {
  const underWay = new Map<string, PromiseWithResolvers<void>>()
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key']
    if (key === undefined || !keepsAnswer(request)) return
    if (typeof key !== 'string' || !KEY.test(key)) throw new DroverError('request.invalid', 'Idempotency-Key must be 8 to 128 printable characters')
    const place = `${request.principal.name} ${key}`
    for (let other = underWay.get(place); other !== undefined; other = underWay.get(place)) await other.promise
    const mine = Promise.withResolvers<void>()
    underWay.set(place, mine)
    const done = (): void => {
      if (underWay.get(place) === mine) underWay.delete(place)
      mine.resolve()
    }
    request.replay = { key, digest: digestOf(request.url, request.body), done }
    const stored = await readReplay(context.db, key, request.principal.name)
    if (stored === null) return
    if (stored.digest !== request.replay.digest) throw new DroverError('idempotency.conflict', 'this Idempotency-Key was used for another request')
    return reply.status(stored.status).type('application/json').send(stored.body)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const { replay } = request
    if (replay === null) return payload
    try {
      if (typeof payload !== 'string' || reply.statusCode >= 500) return payload
      const { key, digest } = replay
      await writeReplay(context.db, { key, digest, principal: request.principal.name, status: reply.statusCode, body: payload, at: context.now() })
      return payload
    } finally {
      replay.done()
    }
  })
}

/** A POST of somebody whose token is good, to a route whose answer holds no secret. */
const keepsAnswer = ({ method, is404, routeOptions: { config } }: FastifyRequest): boolean =>
  method === 'POST' && !is404 && config.right !== 'public' && config.answersSecret !== true

const digestOf = (url: string, body: unknown): string =>
  createHash('sha256').update(`${url}\n${canonicalJson((body ?? null) as Json)}`).digest('hex')
