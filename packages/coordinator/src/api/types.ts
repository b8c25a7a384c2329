import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Context } from '../context.ts'
import type { Principal } from '../store/api-tokens.ts'
import type { Right } from './authorize.ts'
import type { RateClass } from './limits.ts'

/** One method of one route, the right that it declares and the class of its budget. */
export type RouteRight = { readonly method: string; readonly url: string; readonly right: Right; readonly rate: RateClass }

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
    /** What the request spent of a class of its own. */
    spent: { readonly rate: RateClass; readonly who: string } | null
  }
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; a route without it fails the boot. */
    right?: Right
    /** The budget that a request spends, beside the general one; general alone without it. */
    rate?: RateClass
    /** The answer goes on until its reader leaves: a person has only so many open. */
    isStream?: boolean
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
