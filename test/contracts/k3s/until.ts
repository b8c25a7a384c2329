import { setTimeout as wait } from 'node:timers/promises'

/** Asks again and again until the answer is there; throws with what was waited for when the limit has passed. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain for: ${what}`)
    await wait(200)
  }
}
