import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { insertJoinToken, type JoinTokenRow, readJoinToken, readJoinTokens, revokeJoinToken, spendJoinToken, spentAt } from './join-tokens.ts'
import { transact } from './transact.ts'

const world = useStore()

const TOKEN: JoinTokenRow = {
  id: 'aaaaaaaaaa', publicKey: new Uint8Array(32), usesLeft: 2, role: 'any', cluster: null, cidrs: ['10.0.0.0/24'], labels: { site: 'a' },
  approve: 'auto', replaces: null, createdBy: 'me', createdAt: 1, expiresAt: 1000, revokedAt: null,
}

describe('join tokens', () => {
  it('come back as they were stored', async () => {
    await insertJoinToken(world.opened.db, TOKEN)
    await world.reopen()
    expect(await readJoinToken(world.opened.db, TOKEN.id)).toEqual(TOKEN)
    expect(await readJoinTokens(world.opened.db)).toEqual([TOKEN])
    expect(await readJoinToken(world.opened.db, 'bbbbbbbbbb')).toBeNull()
  })

  it('are spent one use at a time, not after their end, not when revoked', async () => {
    const { db } = world.opened
    await insertJoinToken(db, TOKEN)
    const spend = (host: string, now = 10): Promise<boolean> => transact(db, (trx) => spendJoinToken(trx, { id: TOKEN.id, host, now }))
    expect([await spend('a', 1000), await spend('a'), await spend('b'), await spend('c')]).toEqual([false, true, true, false])
    expect([await spentAt(db, { id: TOKEN.id, host: 'a' }), await spentAt(db, { id: TOKEN.id, host: 'c' })]).toEqual([10, null])
    await insertJoinToken(db, { ...TOKEN, id: 'cccccccccc' })
    expect([await revokeJoinToken(db, 'cccccccccc', 5), await revokeJoinToken(db, 'cccccccccc', 6)]).toEqual([true, false])
    expect(await spendJoinToken(db, { id: 'cccccccccc', host: 'd', now: 10 })).toBe(false)
  })
})
