import { DroverError } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { Api } from './types.ts'

/**
 * Requests must name this coordinator in their Host header, so that a rebound DNS name of somebody else leads nowhere, and
 * must not come from a page of another site: tokens travel in Authorization alone, a cookie is a mistake.
 */
export const useHostHeader = (app: Api, context: Context): void => {
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]', ...context.settings.advertise.map((url) => new URL(url).hostname)])
  const origins = new Set(context.settings.advertise.map((url) => new URL(url).origin))
  app.addHook('onRequest', async (request) => {
    const { host = '', origin, cookie, 'sec-fetch-site': site } = request.headers
    if (!allowed.has(host.replace(/:\d{1,5}$/, '').toLowerCase())) throw new DroverError('request.host', 'this name is not advertised by this coordinator')
    if (request.raw.url?.startsWith('/') !== true) throw new DroverError('request.invalid', 'the request target must be a path')
    if (cookie !== undefined) throw new DroverError('request.invalid', 'this API takes no cookies')
    const isForeign = (origin !== undefined && !origins.has(origin)) || site === 'cross-site'
    if (isForeign) throw new DroverError('auth.forbidden', 'the request comes from a page of another site')
  })
}
