import type { Server } from 'node:https'
import { fastify, type FastifyHttpsOptions } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { PLUGINS } from './api/index.ts'
import { useBodyTime } from './api/body-time.ts'
import { useErrorHandler } from './api/error-handler.ts'
import { useHostHeader } from './api/host-header.ts'
import { useIdempotency } from './api/idempotency.ts'
import { API_LIMITS, type ApiLimits } from './api/limits.ts'
import { useNotFound } from './api/not-found.ts'
import { useOpenApi } from './api/openapi.ts'
import { useRights } from './api/rights.ts'
import { useStrictJson } from './api/strict-body.ts'
import type { Api } from './api/types.ts'
import type { Context } from './context.ts'
import { HTTP_SERVER_LIMITS } from './hub/policy.ts'

/** The HTTPS app with every resource; tests call it with a context of their own, other limits and `inject`. */
export const buildApp = async (context: Context, limits: ApiLimits = API_LIMITS): Promise<Api> => {
  const options = {
    https: { ...HTTP_SERVER_LIMITS, key: context.keys.tlsKey, cert: context.keys.tlsCertificate, minVersion: 'TLSv1.3' },
    bodyLimit: 262_144,
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
    exposeHeadRoutes: false,
    genReqId: () => crypto.randomUUID(),
  } satisfies FastifyHttpsOptions<Server>
  const app: Api = fastify<Server>(options).withTypeProvider<ZodTypeProvider>()
  app.server.headersTimeout = 5_000
  app.server.maxHeadersCount = 64
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  useStrictJson(app)
  useErrorHandler(app, context.log)
  useHostHeader(app, context)
  useRights(app, context, limits)
  useBodyTime(app)
  useNotFound(app)
  useIdempotency(app, context)
  await useOpenApi(app)
  for (const plugin of PLUGINS) plugin(app, context)
  await app.ready()
  return app
}
