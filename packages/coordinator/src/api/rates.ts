import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import { type Budgets, createBudgets } from './budgets.ts'
import type { ApiLimits, RateClass } from './limits.ts'
import { RateError } from './rate-error.ts'
import type { Api } from './types.ts'

/** Spends what a request of somebody costs, before its body is read; throws a RateError where the budget is used up. */
export type Spend = (request: FastifyRequest, reply: FastifyReply, who: string) => void

const STREAM_WAIT_MS = 30_000

/**
 * Budgets by the class that a route declares. A class of its own is spent beside the general one, and given back where the
 * answer is an error: what was not given does not count. Downloads are spent alone.
 */
export const useRates = (app: Api, { now }: Pick<Context, 'now'>, limits: ApiLimits): Spend => {
  const budgets = new Map<RateClass, Budgets>((Object.keys(limits.budgets) as RateClass[]).map((each) => [each, createBudgets(limits.budgets[each], now)]))
  const streams = createStreams(limits.streams)
  app.decorateRequest('spent', null)
  app.addHook('onResponse', async (request, reply) => {
    const { spent } = request
    if (spent !== null && reply.statusCode >= 400) budgets.get(spent.rate)?.give(spent.who)
  })
  return (request, reply, who) => {
    const { rate = 'general', isStream = false } = request.routeOptions.config
    if (rate !== 'download') budgets.get('general')?.take(who)
    if (rate !== 'general') {
      budgets.get(rate)?.take(who)
      request.spent = { rate, who }
    }
    if (isStream) streams.open(who, reply)
  }
}

/** Counts the streams that each person has open. */
const createStreams = (most: number): { readonly open: (who: string, reply: FastifyReply) => void } => {
  const counts = new Map<string, number>()
  const add = (who: string, change: 1 | -1): void => {
    const next = (counts.get(who) ?? 0) + change
    if (next > 0) counts.set(who, next)
    else counts.delete(who)
  }
  return {
    open: (who, { raw }) => {
      if ((counts.get(who) ?? 0) >= most) throw new RateError(`the coordinator keeps ${String(most)} streams of events open for one person`, STREAM_WAIT_MS)
      if (raw.destroyed) return
      add(who, 1)
      raw.once('close', () => add(who, -1))
    },
  }
}
