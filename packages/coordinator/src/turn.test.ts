import { describe, expect, it } from 'vitest'
import { createTurn } from './turn.ts'

const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1))

describe('turns', () => {
  it('runs one piece of work at a time, in order of asking', async () => {
    const turn = createTurn()
    const seen: string[] = []
    const work = (name: string) => async (): Promise<void> => {
      seen.push(`${name} begins`)
      await pause()
      seen.push(`${name} ends`)
    }
    await Promise.all([turn(work('a')), turn(work('b')), turn(work('c'))])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('goes on after work that failed, and gives the failure to who asked', async () => {
    const turn = createTurn()
    const failed = turn(() => Promise.reject(new Error('no')))
    const next = turn(() => Promise.resolve('yes'))
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })

  it('says so where a turn would wait for itself, also across awaits', async () => {
    const turn = createTurn()
    const nested = turn(async () => {
      await pause()
      return turn(() => Promise.resolve('never'))
    })
    await expect(nested).rejects.toThrow('inside a turn')
    expect(await turn(() => Promise.resolve('later'))).toBe('later')
  })
})
