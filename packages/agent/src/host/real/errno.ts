/** The errno name of a system error (`ENOENT`), or an empty text for any other error. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])

/** The value, or null where a system call said that the path does not exist. */
export const orNull = async <T>(promise: Promise<T>): Promise<T | null> => {
  try {
    return await promise
  } catch (error) {
    if (ABSENT.has(errnoOf(error))) return null
    throw error
  }
}
