/** Times named pieces of work and prints them as a table. */
export const createClock = (): { readonly time: <T>(name: string, work: () => Promise<T>) => Promise<T>; readonly table: () => string } => {
  const rows: { name: string; seconds: number }[] = []
  return {
    time: async (name, work) => {
      const began = performance.now()
      const result = await work()
      rows.push({ name, seconds: (performance.now() - began) / 1000 })
      return result
    },
    table: () => rows.map(({ name, seconds }) => `  ${seconds.toFixed(1).padStart(6)} s  ${name}\n`).join(''),
  }
}
