import swagger, { type SwaggerTransform, type SwaggerTransformObject } from '@fastify/swagger'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { JSONSchema, $ZodType } from 'zod/v4/core'
import type { Api } from './types.ts'

/** OpenAPI 3.1 from the same zod schemas that validate; written to openapi/openapi.json by a script and compared in CI. */
export const useOpenApi = async (app: Api): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Drover', version: 'v1', description: 'Herds bare Linux hosts into k3s clusters.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform,
    transformObject,
  })
}

/** Says which field tells the members of a union apart. */
const override = ({ zodSchema, jsonSchema }: { zodSchema: $ZodType; jsonSchema: JSONSchema.BaseSchema }): void => {
  const { def } = zodSchema._zod
  if (def.type === 'union' && 'discriminator' in def) Object.assign(jsonSchema, { discriminator: { propertyName: def.discriminator } })
}

const config = { zodToJsonConfig: { override } }
const transform: SwaggerTransform = createJsonSchemaTransform(config)
const emit = createJsonSchemaTransformObject(config)

type Doc = { readonly components: { readonly schemas: Record<string, unknown> } }

/** A schema that reads the same coming in and going out is written once, not twice. */
const transformObject: SwaggerTransformObject = (document) => {
  const whole = JSON.stringify(emit(document))
  const { schemas } = (JSON.parse(whole) as Doc).components
  const text = (name: string): string => JSON.stringify(schemas[name]).replaceAll(/(#\/components\/schemas\/\w+?)Input"/g, '$1"')
  const twins = Object.keys(schemas).filter((name) => `${name}Input` in schemas && text(name) === text(`${name}Input`))
  const merged = JSON.parse(twins.reduce((all, name) => all.replaceAll(`schemas/${name}Input"`, `schemas/${name}"`), whole)) as Doc
  for (const name of twins) delete merged.components.schemas[`${name}Input`]
  return merged as unknown as ReturnType<SwaggerTransformObject>
}
