/** The text under a key of a JSON object, or null where there is none. */
export const textIn = (json: unknown, key: string): string | null => {
  const value: unknown = typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>)[key] : null
  return typeof value === 'string' ? value : null
}
