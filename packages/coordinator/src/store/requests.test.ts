import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { endRequest, forgetAnswers, insertRequest, readOpenRequests, readRequest } from './requests.ts'

const world = useStore()

describe('requests', () => {
  it('are open until they end, and forget their answer', async () => {
    const { db } = world.opened
    const row = { id: 'req-a', kind: 'kubeconfig', cluster: 'home', params: { sealTo: 'k' }, askedBy: 'me', askedAt: 5, state: 'open', message: null, answer: null } as const
    await insertRequest(db, row)
    expect(await readOpenRequests(db)).toEqual([row])
    await endRequest(db, { id: 'req-a', state: 'done', message: null, answer: 'sealed' })
    expect(await readOpenRequests(db)).toEqual([])
    await forgetAnswers(db, 5)
    expect((await readRequest(db, 'req-a'))?.answer).toBe('sealed')
    await forgetAnswers(db, 6)
    expect(await readRequest(db, 'req-a')).toEqual({ ...row, state: 'done' })
  })
})
