import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../context.ts'

const EVERY = 100

/** Looks every 100 ms, for as long as somebody who asked something is let wait; gives whether it came true. */
export const waitUntil = async ({ patienceMs }: Pick<Context, 'patienceMs'>, isTrue: () => boolean): Promise<boolean> => {
  for (let waited = 0; waited < patienceMs && !isTrue(); waited += EVERY) await pause(EVERY)
  return isTrue()
}
