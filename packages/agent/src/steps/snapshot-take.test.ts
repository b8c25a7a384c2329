import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ClusterNameSchema, DroverError, SnapshotSchema, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'
import type { HostWriter } from '../host/host.ts'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const SNAPSHOTS = '/var/lib/drover/snapshots'
const STATE_DB = '/var/lib/rancher/k3s/server/db/state.db'
const order = (change: Partial<StepParams<'snapshot.take'>> = {}, place = 0): TypedOrder =>
  ({ ...orderOf('snapshot.take', place), params: { ...PARAMS['snapshot.take'], ...change } }) as TypedOrder
const withApi = (root: string, body: (url: string) => string | null): HostWriter => ({
  ...hostOf(root),
  get: async ({ url }) => {
    const said = body(url)
    return said === null ? null : { status: 200, body: said }
  },
})

describe('snapshot.take', () => {
  it('keeps a whole copy for root alone, and what is known of it', async () => {
    const root = await fresh('snapshot.take')
    const host = withApi(root, (url) => (url.endsWith('/version') ? '{"gitVersion":"v1.36.1+k3s1"}' : 'ok'))
    const end = await carryOut({ root, order: order(), host })
    const meta = SnapshotSchema.parse(JSON.parse(readFileSync(`${root}${SNAPSHOTS}/first/meta.json`, 'utf8')))
    expect(end).toMatchObject({ type: 'DONE', result: meta })
    expect(meta).toMatchObject({ name: 'first', cluster: 'home', incarnation: 1, grade: 'consistent', objects: 2, version: 'v1.36.1+k3s1' })
    expect(meta.bytes).toBe(statSync(`${root}${SNAPSHOTS}/first/state.db`).size)
    expect([SNAPSHOTS, `${SNAPSHOTS}/first`].map((path) => statSync(`${root}${path}`).mode & 0o777)).toEqual([0o700, 0o700])
    expect(readdirSync(`${root}${SNAPSHOTS}/first`)).toEqual(['meta.json', 'state.db'])
  })

  it('is degraded where the API does not answer, and of the version that is installed', async () => {
    const root = await fresh('snapshot.take')
    expect(await carryOut({ root, order: order(), host: withApi(root, () => null) })).toMatchObject({ type: 'DONE', result: { grade: 'degraded', version: 'v1.36.2+k3s1' } })
  })

  it('clears away what was never whole', async () => {
    const root = await fresh('snapshot.take')
    mkdirSync(`${root}${SNAPSHOTS}/torn`, { recursive: true })
    writeFileSync(`${root}${SNAPSHOTS}/torn/state.db`, 'half')
    mkdirSync(`${root}${SNAPSHOTS}/first`)
    writeFileSync(`${root}${SNAPSHOTS}/first/state.db`, 'half')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(readdirSync(`${root}${SNAPSHOTS}`)).toEqual(['first'])
  })

  it('says how much space is missing, before it has written anything', async () => {
    const root = await fresh('snapshot.take')
    const end = await carryOut({ root, order: order(), host: { ...hostOf(root), freeBytes: async () => 3_145_728 } })
    expect(end).toMatchObject({ type: 'FAILED', code: 'step.space', undone: 'nothing-to-undo' })
    expect('message' in end && end.message).toContain('3 MB are free below /var/lib/drover/snapshots, 65 MB are needed')
    expect(existsSync(`${root}${SNAPSHOTS}`)).toBe(false)
  })

  it('keeps nothing of a copy for which the disk was too small after all, and all that was there', async () => {
    const root = await fresh('snapshot.take')
    expect(await carryOut({ root, order: order({ name: 'before' }, 1) })).toMatchObject({ type: 'DONE' })
    const copyDatabase: HostWriter['copyDatabase'] = async ({ to }) => {
      writeFileSync(`${root}${to}`, 'the first half')
      throw new DroverError('step.space', 'the disk is full')
    }
    expect(await carryOut({ root, order: order(), host: { ...hostOf(root), copyDatabase } })).toMatchObject({ type: 'FAILED', code: 'step.space', undone: 'undone' })
    expect(readdirSync(`${root}${SNAPSHOTS}`)).toEqual(['before'])
  })

  it('keeps nothing of a copy that changes under it', async () => {
    const root = await fresh('snapshot.take')
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      const result = await go()
      if (name === 'writeFile' && what.endsWith('meta.json')) appendFileSync(`${root}${SNAPSHOTS}/first/state.db`, 'x')
      return result
    })
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'snapshot.damaged', undone: 'undone' })
    expect(existsSync(`${root}${SNAPSHOTS}`)).toBe(false)
  })

  it.each<[string, Partial<StepParams<'snapshot.take'>>, string]>([
    ['another cluster', { cluster: ClusterNameSchema.parse('other') }, 'order.claim'],
    ['another incarnation', { incarnation: 2 }, 'order.claim'],
  ])('is refused for %s', async (_, change, code) => {
    const root = await fresh('snapshot.take')
    expect(await carryOut({ root, order: order(change) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
  })

  it('is refused where there is no datastore', async () => {
    const root = await fresh('snapshot.take')
    rmSync(`${root}${STATE_DB}`)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'snapshot.none' })
  })

  it('keeps nothing of a datastore that is damaged', async () => {
    const root = await fresh('snapshot.take')
    const bytes = readFileSync(`${root}${STATE_DB}`)
    bytes.fill(0xff, 4096, 4200)
    writeFileSync(`${root}${STATE_DB}`, bytes)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'snapshot.damaged', undone: 'undone' })
    expect(existsSync(`${root}${SNAPSHOTS}`)).toBe(false)
  })

  it('never takes the name of a snapshot of another life', async () => {
    const root = await fresh('snapshot.take')
    await carryOut({ root, order: order() })
    chmodSync(`${root}/etc/rancher/k3s/drover-server-token`, 0o600)
    writeFileSync(`${root}/etc/rancher/k3s/drover-server-token`, 'another token\n')
    const before = readFileSync(`${root}${SNAPSHOTS}/first/meta.json`, 'utf8')
    expect(await carryOut({ root, order: order({}, 1) })).toMatchObject({ type: 'FAILED', code: 'snapshot.exists' })
    expect(readFileSync(`${root}${SNAPSHOTS}/first/meta.json`, 'utf8')).toBe(before)
  })

  it('leaves the datastore as it was', async () => {
    const root = await fresh('snapshot.take')
    const before = readFileSync(`${root}${STATE_DB}`)
    await carryOut({ root, order: order() })
    expect(readFileSync(`${root}${STATE_DB}`).equals(before)).toBe(true)
    const copy = new DatabaseSync(`${root}${SNAPSHOTS}/first/state.db`, { readOnly: true })
    expect(copy.prepare('SELECT count(*) AS rows FROM kine').get()).toEqual({ rows: 6 })
    copy.close()
  })
})
