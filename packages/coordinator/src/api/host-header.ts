import { DroverError } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { Api } from './types.ts'

/** Requests must name this coordinator in their Host header, so that a rebound DNS name of somebody else leads nowhere. */
export const useHostHeader = (app: Api, context: Context): void => {
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]', ...context.settings.advertise.map((url) => new URL(url).hostname)])
  app.addHook('onRequest', async (request) => {
    const name = (request.headers.host ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
    if (!allowed.has(name)) throw new DroverError('request.host', 'this name is not advertised by this coordinator')
  })
}
