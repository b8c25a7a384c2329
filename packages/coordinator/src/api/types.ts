import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Context } from '../context.ts'
import type { Principal } from '../store/api-tokens.ts'
import type { Right } from './authorize.ts'

/** One method of one route and the right that it declares. */
export type RouteRight = { readonly method: string; readonly url: string; readonly right: Right }

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route, in order of registration. */
    routeRights: readonly RouteRight[]
  }
  interface FastifyRequest {
    /** Who asks; set before any handler runs. */
    principal: Principal
    /** Set where the answer is to be kept under an Idempotency-Key. */
    replay: { readonly key: string; readonly digest: string; readonly done: () => void } | null
  }
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; a route without it fails the boot. */
    right?: Right
    /** The body is a file of any length: it may take as long as it moves. */
    streamsBody?: boolean
    /** The answer holds a secret: it is never stored for replay. */
    answersSecret?: boolean
  }
}

/** The HTTPS app; schemas of its routes are zod. */
export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>
/** One resource: adds its routes to the app. */
export type ApiPlugin = (app: Api, context: Context) => void
