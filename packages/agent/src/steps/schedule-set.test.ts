import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, DROVER, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut, pictureOf } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'
import { readSchedule } from '../facts/readers/schedule.ts'
import { readSchedules } from '../schedule/schedule-file.ts'

const fresh = createModels()
const P = PARAMS['schedule.set']
const [SCHEDULE] = P.schedules
const order = (change: Partial<StepParams<'schedule.set'>> = {}, place = 0, createdAt = 1000): TypedOrder =>
  ({ ...orderOf('schedule.set', place), createdAt, params: { ...P, ...change } }) as TypedOrder
const one = (change: object): StepParams<'schedule.set'>['schedules'] => (SCHEDULE === undefined ? [] : [{ ...SCHEDULE, ...change }])

describe('schedule.set', () => {
  it('keeps the schedules in a file for root alone, since the time of the order', async () => {
    const root = await fresh('schedule.set')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string } })
    expect(statSync(`${root}${DROVER.schedules}`).mode & 0o777).toBe(0o600)
    expect(await readSchedules(hostOf(root))).toEqual({ version: 1, cluster: 'home', since: 1000, schedules: P.schedules })
    expect(await readSchedule(hostOf(root))).toMatchObject({ fired: {} })
  })

  it('leaves since when they hold alone where they are as ordered, and counts anew where they change', async () => {
    const root = await fresh('schedule.set')
    await carryOut({ root, order: order() })
    await carryOut({ root, order: order({}, 1, 2000) })
    expect(await readSchedules(hostOf(root))).toMatchObject({ since: 1000 })
    await carryOut({ root, order: order({ schedules: one({ keep: 3 }) }, 2, 3000) })
    expect(await readSchedules(hostOf(root))).toMatchObject({ since: 3000, schedules: [{ keep: 3 }] })
  })

  it('leaves nothing where there are none, and mends a damaged file', async () => {
    const root = await fresh('schedule.set')
    const before = pictureOf(root)
    writeFileSync(`${root}${DROVER.schedules}`, '{')
    expect(await readSchedule(hostOf(root))).toBeNull()
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    writeFileSync(`${root}${DROVER.fired}`, '{"snapshot":1}')
    expect(await readSchedule(hostOf(root))).toMatchObject({ fired: { snapshot: 1 } })
    expect(await carryOut({ root, order: order({ schedules: [] }, 1) })).toMatchObject({ type: 'DONE', result: { digest: null } })
    expect(pictureOf(root)).toEqual(before)
  })

  it.each([
    ['a zone that is none', { schedules: one({ timeZone: 'Europe/Nowhere' }) }, 'schedule.unknown'],
    ['an expression that is none', { schedules: one({ cron: 'never' }) }, 'schedule.unknown'],
    ['another cluster', { cluster: ClusterNameSchema.parse('other') }, 'order.claim'],
  ] as const)('refuses %s', async (_name, change, code) => {
    const root = await fresh('schedule.set')
    expect(await carryOut({ root, order: order(change) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
    expect(existsSync(`${root}${DROVER.schedules}`)).toBe(false)
  })

  it('goes with the k3s of its cluster', async () => {
    const root = await fresh('k3s.uninstall')
    await carryOut({ root, order: order() })
    expect(readFileSync(`${root}${DROVER.schedules}`, 'utf8')).toContain('home')
    expect(await carryOut({ root, order: orderOf('k3s.uninstall') })).toMatchObject({ type: 'DONE' })
    expect(existsSync(`${root}${DROVER.schedules}`)).toBe(false)
  })
})
