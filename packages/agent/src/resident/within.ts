/** What `work` resolves to; rejects where it takes longer than `ms`. Nothing is cancelled: what comes later is dropped. */
export const within = async <T>(what: string, ms: number, work: () => Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what} took longer than ${String(ms / 1000)} s: it is tried again`)), ms)
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
