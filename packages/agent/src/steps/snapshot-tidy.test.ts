import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'

const fresh = createModels()
const SERVER = '/var/lib/rancher/k3s/server'
const order = (change: Partial<StepParams<'snapshot.tidy'>> = {}): TypedOrder =>
  ({ ...orderOf('snapshot.tidy'), params: { ...PARAMS['snapshot.tidy'], ...change } }) as TypedOrder
const snapshots = (root: string): readonly string[] => readdirSync(`${root}/var/lib/drover/snapshots`)
const folders = (root: string): readonly string[] => readdirSync(`${root}${SERVER}`).filter((name) => name.startsWith('db'))

describe('snapshot.tidy', () => {
  it('removes what is old, tells what it was, and leaves the rest', async () => {
    const root = await fresh('snapshot.tidy')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { snapshots: ['before-v1.35.1-k3s1-1'], folders: ['db.before-2'], bytes: 28 } })
    expect([snapshots(root), folders(root)]).toEqual([['before-v1.36.1-k3s1-1', 'first'], ['db', 'db.before-3']])
  })

  it('does nothing where as many may stay', async () => {
    const root = await fresh('snapshot.tidy')
    expect(await carryOut({ root, order: order({ keep: 2 }) })).toMatchObject({ type: 'DONE', result: { snapshots: [], folders: [] } })
    expect([snapshots(root).length, folders(root).length]).toEqual([3, 3])
  })

  it('goes by when the data was written last, whatever its folder says', async () => {
    const root = await fresh('snapshot.tidy')
    writeFileSync(`${root}${SERVER}/db.before-2/state.db-wal`, '')
    utimesSync(`${root}${SERVER}/db.before-2`, 1, 1)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { folders: ['db.before-3'] } })
  })

  it('touches no data that a restore has just set aside, and nothing of another cluster', async () => {
    const root = await fresh('snapshot.tidy')
    writeFileSync(`${root}/var/lib/drover/claim.json`, JSON.stringify({ cluster: 'home', incarnation: 2, seed: orderOf('snapshot.tidy').audience }))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { folders: [] } })
    expect(existsSync(`${root}${SERVER}/db.before-3`)).toBe(true)
    const other = await fresh('snapshot.tidy')
    expect(await carryOut({ root: other, order: order({ cluster: ClusterNameSchema.parse('other') }) })).toMatchObject({ type: 'FAILED', code: 'order.claim' })
  })
})
