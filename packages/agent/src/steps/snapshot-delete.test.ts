import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'

const fresh = createModels()
const AT = '/var/lib/drover/snapshots'
const order = (change: Partial<StepParams<'snapshot.delete'>> = {}): TypedOrder =>
  ({ ...orderOf('snapshot.delete'), params: { ...PARAMS['snapshot.delete'], ...change } }) as TypedOrder

describe('snapshot.delete', () => {
  it('frees its space and leaves the others', async () => {
    const root = await fresh('snapshot.delete')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { bytes: 17 } })
    expect([existsSync(`${root}${AT}/older`), existsSync(`${root}${AT}/first/meta.json`)]).toEqual([false, true])
  })

  it('never deletes the last good one', async () => {
    const root = await fresh('snapshot.delete')
    rmSync(`${root}${AT}/first`, { recursive: true })
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'snapshot.last', undone: 'nothing-to-undo' })
    expect(existsSync(`${root}${AT}/older/meta.json`)).toBe(true)
  })

  it('does not count a degraded one as good', async () => {
    const root = await fresh('snapshot.delete')
    const file = `${root}${AT}/first/meta.json`
    writeFileSync(file, readFileSync(file, 'utf8').replace('"consistent"', '"degraded"'))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'snapshot.last' })
    expect(await carryOut({ root, order: order({ name: 'first' }) })).toMatchObject({ type: 'FAILED' })
  })

  it('leaves those of another cluster alone', async () => {
    const root = await fresh('snapshot.delete')
    expect(await carryOut({ root, order: order({ cluster: ClusterNameSchema.parse('other') }) })).toMatchObject({ type: 'FAILED', code: 'snapshot.cluster' })
  })
})
