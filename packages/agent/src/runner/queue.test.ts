import { OrderIdSchema } from '@drover/protocol'
import { describe, expect, it, vi } from 'vitest'
import type { AttemptId } from './journal.ts'
import { createQueue } from './queue.ts'

const id = (name: string, attempt = 1): AttemptId => ({ order: OrderIdSchema.parse(`ord-${name.repeat(16)}`), attempt })
const [A, B] = [id('a'), id('b')]

/** A queue whose attempts end when the test says so. */
const held = (fails = 0) => {
  const ends: (() => void)[] = []
  const begun: AttemptId[] = []
  const waited: number[] = []
  let left = fails
  const queue = createQueue({
    carryOut: async (one) => {
      begun.push(one)
      left -= 1
      if (left >= 0) throw new Error('systemd does not answer')
      await new Promise<void>((resolve) => ends.push(resolve))
    },
    waitAfter: async (_one, { failures }) => void waited.push(failures),
  })
  return { queue, begun, waited, endOne: () => ends.shift()?.() }
}
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 1 })

describe('a queue of attempts', () => {
  it('carries one out after the other, each once however often it is brought', async () => {
    const { queue, begun, endOne } = held()
    for (const one of [A, B, A, B]) queue.push(one)
    expect([begun, queue.size()]).toEqual([[A], 2])
    endOne()
    await eventually(() => expect(begun).toEqual([A, B]))
    queue.push(B)
    expect(queue.size()).toBe(1)
    endOne()
    await eventually(() => expect(queue.size()).toBe(0))
    expect(begun).toEqual([A, B])
  })

  it('takes another attempt of the same order for another', () => {
    const { queue } = held()
    for (const one of [A, id('a', 2)]) queue.push(one)
    expect(queue.size()).toBe(2)
  })

  it('tries what could not be looked at again, before what came later', async () => {
    const { queue, begun, waited, endOne } = held(2)
    for (const one of [A, B]) queue.push(one)
    await eventually(() => expect(begun).toEqual([A, A, A]))
    expect([waited, queue.size()]).toEqual([[1, 2], 2])
    endOne()
    await eventually(() => expect(begun).toEqual([A, A, A, B]))
  })

  it('goes on with what comes after it was empty, and takes nothing up once it was stopped', async () => {
    const { queue, begun, endOne } = held()
    queue.push(A)
    endOne()
    await eventually(() => expect(queue.size()).toBe(0))
    queue.push(B)
    expect(begun).toEqual([A, B])
    queue.push(A)
    queue.stop()
    endOne()
    await eventually(() => expect(queue.size()).toBe(0))
    expect(begun).toEqual([A, B])
  })
})
