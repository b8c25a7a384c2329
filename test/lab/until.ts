/** `saw` is asked once it was in vain: what somebody who looks would see. */
type Patience = { readonly limitMs?: number; readonly everyMs?: number; readonly saw?: () => Promise<string> }

/** Asks again until there is an answer that is not null, and gives it; an error after `limitMs` (default 60 s) says what was waited for. */
export const until = async <T>(what: string, ask: () => Promise<T | null> | T | null, { limitMs = 60_000, everyMs = 100, saw }: Patience = {}): Promise<T> => {
  const began = performance.now()
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() - began > limitMs) throw new Error(`waited ${String(limitMs / 1000)} s in vain for ${what}${saw === undefined ? '' : `:\n${await saw()}`}`)
    await new Promise((resolve) => void setTimeout(resolve, everyMs))
  }
}
