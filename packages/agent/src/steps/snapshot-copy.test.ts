import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DroverError, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { readWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'
import type { HostWriter } from '../host/host.ts'

const fresh = createModels()
const FOLDER = '/var/lib/drover/snapshots/older'
const SNAPSHOT = PARAMS['snapshot.copy'].snapshot
const order = (change: Partial<StepParams<'snapshot.copy'>['snapshot']> = {}): TypedOrder =>
  ({ ...orderOf('snapshot.copy'), params: { snapshot: { ...SNAPSHOT, ...change } } }) as TypedOrder
const uploads = (root: string): unknown => Object.keys(readWorld(root).uploads)

describe('snapshot.copy', () => {
  it('brings the snapshot to the place of its name, and changes nothing on the host', async () => {
    const root = await fresh('snapshot.copy')
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'DONE', recovered: false })
    expect(uploads(root)).toEqual(['https://10.0.0.1:8443/snapshots/copies/home/older'])
  })

  it('does not send one that has rotted: not a byte leaves', async () => {
    const root = await fresh('snapshot.copy')
    const bytes = readFileSync(`${root}${FOLDER}/state.db`)
    bytes[3] = (bytes[3] ?? 0) ^ 1
    writeFileSync(`${root}${FOLDER}/state.db`, bytes)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'snapshot.damaged' })
    expect(uploads(root)).toEqual([])
  })

  it.each<[string, (root: string) => void, Partial<typeof SNAPSHOT>, string]>([
    ['is gone', (root) => rmSync(`${root}${FOLDER}`, { recursive: true }), {}, 'snapshot.unknown'],
    ['is torn', (root) => rmSync(`${root}${FOLDER}/meta.json`), {}, 'snapshot.unknown'],
    ['is another one', () => undefined, { sha256: 'd'.repeat(64) }, 'snapshot.exists'],
    ['is of another cluster', () => undefined, { cluster: 'other' as typeof SNAPSHOT.cluster }, 'snapshot.exists'],
  ])('is refused where the snapshot %s', async (...[, change, params, code]) => {
    const root = await fresh('snapshot.copy')
    change(root)
    expect(await carryOut({ root, order: order(params) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
  })

  it('asks each address of the coordinator, and says so where none answers', async () => {
    const root = await fresh('snapshot.copy')
    const host: HostWriter = { ...hostOf(root), uploaded: () => Promise.reject(new DroverError('copy.unreached', '10.0.0.1:8443: no answer')) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'copy.unreached', message: '10.0.0.1:8443: no answer' })
  })

  it('ends with what the coordinator answers', async () => {
    const root = await fresh('snapshot.copy')
    const host: HostWriter = { ...hostOf(root), uploaded: () => Promise.reject(new DroverError('copy.space', '3 MB are free')) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'copy.space', message: '3 MB are free' })
  })

  it('does not take the word of an upload for it', async () => {
    const root = await fresh('snapshot.copy')
    const host: HostWriter = { ...hostOf(root), upload: async () => ({ sent: 1 }) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'copy.range' })
  })
})
