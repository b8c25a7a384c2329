/** Resolves with the first value that is neither undefined, null nor false; gives up after 20 s with what was awaited. */
export const eventually = async <T>(what: string, read: () => T | undefined | null | false): Promise<T> => {
  const end = performance.now() + 20_000
  for (;;) {
    const value = read()
    if (value !== undefined && value !== null && value !== false) return value
    if (performance.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
