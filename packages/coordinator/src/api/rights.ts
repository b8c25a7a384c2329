import { DroverError } from '@drover/protocol'
import type { Context } from '../context.ts'
import { hasRight, principalOf } from './authorize.ts'
import { createFailureLimit } from './failure-limit.ts'
import type { Api, RouteRight } from './types.ts'

const NOBODY = { name: 'nobody', role: 'viewer' } as const

/** Every route must declare its right (else the boot fails), and every request is judged by it before its body is used. */
export const useRights = (app: Api, context: Context): void => {
  const limit = createFailureLimit(context.now)
  const table: RouteRight[] = []
  app.decorate('routeRights', table)
  app.decorateRequest('principal')
  app.decorateRequest('replay', null)
  app.addHook('onRoute', (route) => {
    const right = route.config?.right
    if (right === undefined) throw new Error(`route ${String(route.method)} ${route.url} declares no right`)
    for (const method of [route.method].flat()) table.push({ method, url: route.url, right })
  })
  app.addHook('onRequest', async (request) => {
    const right = request.routeOptions.config.right ?? 'admin'
    request.principal = NOBODY
    if (right === 'public' || request.is404) return
    if (limit.isBlocked(request.ip)) throw new DroverError('request.rate', 'too many failed tokens from this address: wait a minute')
    try {
      request.principal = await principalOf(context.db, request.headers.authorization, context.now())
    } catch (error) {
      limit.note(request.ip)
      throw error
    }
    if (!hasRight(request.principal.role, right)) throw new DroverError('auth.forbidden', `this needs the right to ${right}; your token is of role ${request.principal.role}`)
  })
}
