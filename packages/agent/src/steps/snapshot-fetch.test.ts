import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { DroverError, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'
import type { Download, HostWriter } from '../host/host.ts'

const fresh = createModels()
const FOLDER = '/var/lib/drover/snapshots/older'
const SNAPSHOT = PARAMS['snapshot.fetch'].snapshot
const order = (change: Partial<StepParams<'snapshot.fetch'>['snapshot']> = {}): TypedOrder =>
  ({ ...orderOf('snapshot.fetch'), params: { ...PARAMS['snapshot.fetch'], snapshot: { ...SNAPSHOT, ...change } } }) as TypedOrder

describe('snapshot.fetch', () => {
  it('brings the snapshot back as it was, by the ticket of its order', async () => {
    const root = await fresh('snapshot.fetch')
    const asked: Download[] = []
    const real = hostOf(root)
    const host: HostWriter = { ...real, download: (wanted) => (asked.push(wanted), real.download(wanted)) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'DONE', result: { bytes: SNAPSHOT.bytes } })
    expect(asked).toMatchObject([{ url: 'https://10.0.0.1:8443/snapshots/copies/home/older/file', authorization: 'Ticket ticket-of-the-case', maxBytes: SNAPSHOT.bytes }])
    expect(JSON.parse(readFileSync(`${root}${FOLDER}/meta.json`, 'utf8'))).toEqual(SNAPSHOT)
    expect([FOLDER, `${FOLDER}/state.db`, `${FOLDER}/meta.json`].map((path) => statSync(`${root}${path}`).mode & 0o777)).toEqual([0o700, 0o600, 0o600])
  })

  it('names the file after the datastore', async () => {
    const root = await fresh('snapshot.fetch')
    expect(await carryOut({ root, order: order({ datastore: 'etcd' }) })).toMatchObject({ type: 'DONE' })
    expect(readdirSync(`${root}${FOLDER}`)).toEqual(['etcd.db', 'meta.json'])
  })

  it('takes the place of one that has rotted, or is torn', async () => {
    const root = await fresh('snapshot.fetch')
    mkdirSync(`${root}${FOLDER}`, { recursive: true })
    writeFileSync(`${root}${FOLDER}/state.db`, 'rotten')
    writeFileSync(`${root}${FOLDER}/meta.json`, JSON.stringify(SNAPSHOT))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(readFileSync(`${root}${FOLDER}/state.db`).length).toBe(SNAPSHOT.bytes)
  })

  it('leaves nothing of another file', async () => {
    const root = await fresh('snapshot.fetch')
    const real = hostOf(root)
    const host: HostWriter = { ...real, download: async (wanted) => ({ ...(await real.download(wanted)), sha256: 'd'.repeat(64) }) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'copy.damaged', undone: 'undone' })
    expect(existsSync(`${root}/var/lib/drover/snapshots`)).toBe(false)
  })

  it.each<[string, Partial<typeof SNAPSHOT>, string]>([
    ['of another cluster', { cluster: 'other' as typeof SNAPSHOT.cluster }, 'order.claim'],
    ['that another token opens', { token: '0123456789ab' }, 'snapshot.token'],
    ['that does not fit', { bytes: 10 ** 13 }, 'step.space'],
  ])('does not fetch one %s', async (_what, change, code) => {
    const root = await fresh('snapshot.fetch')
    expect(await carryOut({ root, order: order(change) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
  })

  it('leaves another snapshot of its name alone', async () => {
    const root = await fresh('snapshot.fetch')
    await carryOut({ root, order: order() })
    expect(await carryOut({ root, order: { ...order({ sha256: 'e'.repeat(64) }), attempt: 2 } as TypedOrder })).toMatchObject({ type: 'FAILED', code: 'snapshot.exists' })
    expect(readdirSync(`${root}${FOLDER}`)).toEqual(['meta.json', 'state.db'])
  })

  it('says where the coordinator cannot be reached', async () => {
    const root = await fresh('snapshot.fetch')
    const host: HostWriter = { ...hostOf(root), download: () => Promise.reject(new DroverError('binary.origin', 'no way')) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'copy.unreached', message: 'no way' })
  })
})
