/** Work of many sessions that is done together. */
export type Rounds = { add: (work: () => void) => void }

/** Rounds that begin `everyMs` after the first work for them came; without work no timer runs. */
export const createRounds = (everyMs: number): Rounds => {
  let waiting: (() => void)[] = []
  const run = (): void => {
    const now = waiting
    waiting = []
    for (const work of now) work()
  }
  return {
    add: (work) => {
      if (waiting.length === 0) setTimeout(run, everyMs).unref()
      waiting.push(work)
    },
  }
}
