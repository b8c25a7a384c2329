import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import { describe, expect, it } from 'vitest'
import { approveForecast, insertForecast, readForecast, readPendingForecast } from './forecasts.ts'
import { insertRun, readRun, readRuns, type RunRow, writeRun } from './runs.ts'

const world = useStore()

const FORECAST = { id: 'fc-a', cluster: 'home', hash: 'f', bytes: Buffer.from('{}'), created_at: 1, created_by: 'me', approved_at: null, approved_by: null }
const RUN: RunRow = { id: 'run-a', cluster: 'home', forecast: 'fc-a', state: { kind: 'running' }, spent: { k: { sent: 1, done: 0, failed: 0 } }, approvedBy: 'me', startedAt: 1, endedAt: null }

describe('forecasts and runs', () => {
  it('are approved once', async () => {
    const { db } = world.opened
    await insertForecast(db, FORECAST)
    expect((await readPendingForecast(db, 'home'))?.id).toBe('fc-a')
    expect([await approveForecast(db, { id: 'fc-a', by: 'me', at: 2 }), await approveForecast(db, { id: 'fc-a', by: 'you', at: 3 })]).toEqual([true, false])
    expect(await readForecast(db, 'fc-a')).toEqual({ ...FORECAST, approved_at: 2, approved_by: 'me' })
    expect(await readPendingForecast(db, 'home')).toBeNull()
  })

  it('of many hosts are packed in the file and come back byte for byte', async () => {
    const { db } = world.opened
    const bytes = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_, at) => ({ host: at, does: 'the same' }))))
    await insertForecast(db, { ...FORECAST, bytes })
    expect((await readForecast(db, 'fc-a'))?.bytes).toEqual(bytes)
    expect((await readPendingForecast(db, 'home'))?.bytes).toEqual(bytes)
    const stored = await db.selectFrom('forecast').select('bytes').executeTakeFirstOrThrow()
    expect(stored.bytes.length).toBeLessThan(bytes.length / 4)
  })

  it('come back as they were stored; a cluster has one open run at most', async () => {
    const { db } = world.opened
    await insertForecast(db, FORECAST)
    await insertRun(db, RUN)
    await expect(insertRun(db, { ...RUN, id: 'run-b' })).rejects.toThrow('UNIQUE constraint failed: run.cluster')
    await writeRun(db, { ...RUN, state: { kind: 'done' }, endedAt: 9 })
    await insertRun(db, { ...RUN, id: 'run-b', startedAt: 10 })
    await world.reopen()
    expect(await readRun(world.opened.db, 'run-a')).toEqual({ ...RUN, state: { kind: 'done' }, endedAt: 9 })
    expect((await readRuns(world.opened.db)).map((run) => run.id)).toEqual(['run-b', 'run-a'])
    await expect(insertRun(world.opened.db, { ...RUN, id: 'run-c', cluster: 'away', forecast: 'fc-x' })).rejects.toThrow('FOREIGN KEY')
  })
})
