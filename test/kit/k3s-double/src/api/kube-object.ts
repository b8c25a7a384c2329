/** Any JSON object. */
export type Json = { readonly [key: string]: unknown }

/** A Kubernetes object as it is stored: plain JSON. */
export type KubeObject = Json & { readonly metadata: Json & { readonly name: string } }

/** Narrows to a JSON object that is not a list. */
export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A part of an object as an object, empty where it is something else. */
export const part = (value: unknown, ...keys: readonly string[]): Json => {
  const found = keys.reduce<unknown>((at, key) => (isJson(at) ? at[key] : undefined), value)
  return isJson(found) ? found : {}
}

/** A string of an object, or what stands in for it. */
export const word = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise)

/** A part of an object as a list of objects. */
export const partList = (value: unknown, ...keys: readonly string[]): Json[] => {
  const found = keys.reduce<unknown>((at, key) => (isJson(at) ? at[key] : undefined), value)
  return Array.isArray(found) ? found.filter(isJson) : []
}

/** Parses JSON text that should be an object; anything else is an empty one. */
export function parseObjectText(text: string): Json {
  const value: unknown = JSON.parse(text)
  return isJson(value) ? value : {}
}

/** Parses an object that has a name. */
export function parseObject(text: string): KubeObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isJson(value)) return undefined
    const metadata = part(value, 'metadata')
    const name = metadata['name']
    return typeof name === 'string' ? { ...value, metadata: { ...metadata, name } } : undefined
  } catch {
    return undefined
  }
}

/** JSON merge patch (RFC 7386): null removes, objects merge, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJson(patch)) return patch
  const result: Record<string, unknown> = isJson(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}
