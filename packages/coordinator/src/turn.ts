import { AsyncLocalStorage } from 'node:async_hooks'

/** Does work that changes the world alone: nothing else that changes it runs between its reading and its commit. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** Turns are taken in order of asking. A turn asked for inside a turn would wait for itself, so it is an error. */
export const createTurn = (): Turn => {
  const inside = new AsyncLocalStorage<{ isOver: boolean }>()
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    if (inside.getStore()?.isOver === false) throw new Error('a turn inside a turn would wait for itself')
    const turn = { isOver: false }
    const mine = last.then(() => inside.run(turn, work)).finally(() => {
      turn.isOver = true
    })
    last = mine.catch(() => undefined)
    return mine
  }
}
