import { DroverError } from '@drover/protocol'
import type { Api } from './types.ts'

/** Tells a path that no route has from a method that its route does not take. */
export const useNotFound = (app: Api): void => {
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?')[0] ?? ''
    const isRoute = app.routeRights.some(({ url }) => patternOf(url).test(path))
    throw isRoute ? new DroverError('request.method', 'the route does not take this method') : new DroverError('resource.unknown', 'there is no such route')
  })
}

/** Route paths hold letters, slashes and dots beside their `:name` places. */
const patternOf = (url: string): RegExp => new RegExp(`^${url.replaceAll('.', String.raw`\.`).replaceAll(/:[a-z0-9]+/gi, '[^/]+')}$`)
