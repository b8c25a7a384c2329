import { say } from '@drover/protocol'
import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { appendEvent, lastEvent, readEvents } from './events.ts'

const world = useStore()

describe('events', () => {
  it('number events without gaps and read them after a number', async () => {
    const { db } = world.opened
    for (const host of ['a', 'b', 'c']) await appendEvent(db, { at: 1, host, said: say('host.online', { host }) })
    expect((await readEvents(db, 1, 10)).map(({ seq, host }) => [seq, host])).toEqual([[2, 'b'], [3, 'c']])
    expect((await readEvents(db, 0, 1)).map(({ seq }) => seq)).toEqual([1])
    expect(await lastEvent(db)).toBe(3)
  })
})
