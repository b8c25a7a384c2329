import { DroverError } from '@drover/protocol'
import type { Context } from '../context.ts'
import { readTicket } from '../copies/ticket.ts'
import { addressKey } from '../hub/address-key.ts'
import type { Principal } from '../store/api-tokens.ts'
import { hasRight, principalOf } from './authorize.ts'
import { createFailureLimit } from './failure-limit.ts'
import { API_LIMITS, type ApiLimits } from './limits.ts'
import { RateError } from './rate-error.ts'
import { useRates } from './rates.ts'
import type { Api, RouteRight } from './types.ts'

const NOBODY: Principal = { name: 'nobody', role: 'viewer' }

/**
 * Every route must declare its right (else the boot fails), and every request is judged by it, and by what its caller may
 * still ask for, before its body is used.
 */
export const useRights = (app: Api, context: Context, limits: ApiLimits = API_LIMITS): void => {
  const table: RouteRight[] = []
  app.decorate('routeRights', table)
  app.decorateRequest('principal')
  app.decorateRequest('replay', null)
  app.addHook('onRoute', (route) => {
    const { right, rate = 'general' } = route.config ?? {}
    if (right === undefined) throw new Error(`route ${String(route.method)} ${route.url} declares no right`)
    for (const method of [route.method].flat()) table.push({ method, url: route.url, right, rate })
  })
  const identify = identifier(context, limits)
  const spend = useRates(app, context, limits)
  app.addHook('onRequest', async (request, reply) => {
    const right = request.routeOptions.config.right ?? 'admin'
    const address = addressKey(request.ip)
    request.principal = NOBODY
    if (right === 'public' || request.is404) return spend(request, reply, `from ${address}`)
    request.principal = await identify(address, right === 'ticket' ? async () => bearerOf(context, request.headers.authorization) : () => principalOf(context.db, request.headers.authorization, context.now()))
    const { name, role } = request.principal
    spend(request, reply, `as ${name}`)
    if (right !== 'ticket' && !hasRight(role, right)) throw new DroverError('auth.forbidden', `this needs the right to ${right}; your token is of role ${role}`)
  })
}

/** The host whose order the ticket is of; it may do what its ticket is for, and nothing else. */
const bearerOf = (context: Context, header: string | undefined): Principal => ({ name: `host ${readTicket(context, header).order.host}`, role: 'viewer' })

/** Tells whose token it is; an address that failed too often is refused before its token is looked at. */
const identifier = ({ now }: Context, limits: ApiLimits): ((address: string, prove: () => Promise<Principal>) => Promise<Principal>) => {
  const failures = createFailureLimit(now, limits.failedTokens)
  return async (address, prove) => {
    const wait = failures.refusedFor(address)
    if (wait > 0) throw new RateError('too many failed tokens came from this address: use one that is good', wait)
    try {
      return await prove()
    } catch (error) {
      if (error instanceof DroverError) failures.note(address)
      throw error
    }
  }
}
