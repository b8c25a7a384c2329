import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { readReplay, writeReplay } from './idempotency.ts'

const world = useStore()

describe('replays', () => {
  it('give the first answer again for a day, to the same principal', async () => {
    const { db } = world.opened
    const row = { key: 'k', principal: 'me', digest: 'd', status: 201, body: '{}', at: 1 }
    await writeReplay(db, row)
    await writeReplay(db, { ...row, body: 'other' })
    expect(await readReplay(db, 'k', 'me')).toEqual({ digest: 'd', status: 201, body: '{}' })
    expect(await readReplay(db, 'k', 'you')).toBeNull()
    await writeReplay(db, { ...row, key: 'l', at: 86_400_002 })
    expect(await readReplay(db, 'k', 'me')).toBeNull()
  })
})
