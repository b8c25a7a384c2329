import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type Snapshot, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS, SECRETS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf, powerCycle } from '@drover/test/kit/fake-host/fake-host.ts'
import { changeWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'
import { wrapChanges } from '../host/wrap.ts'

const models = createModels()
const SERVER = '/var/lib/rancher/k3s/server'
const FOLDER = '/var/lib/drover/snapshots/older'
const COPY = Buffer.from('a copy of an etcd member')
const shaOf = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')
const SNAPSHOT: Snapshot = {
  name: 'older', cluster: PARAMS['k3s.restore'].cluster, incarnation: 1, datastore: 'etcd', at: 1, bytes: COPY.length, sha256: shaOf(COPY),
  grade: 'consistent', objects: 3, version: 'v1.36.2+k3s1', token: shaOf(`${SECRETS['server-token']}\n`).slice(0, 12),
}

const order = (change: Partial<StepParams<'k3s.restore'>> = {}): TypedOrder =>
  ({ ...orderOf('k3s.restore'), params: { ...PARAMS['k3s.restore'], datastore: 'etcd', sha256: SNAPSHOT.sha256, ...change } }) as TypedOrder

/** A running server on etcd, with a snapshot of it. */
const fresh = async (): Promise<string> => {
  const root = await models('k3s.set-aside')
  mkdirSync(`${root}${FOLDER}`, { recursive: true, mode: 0o700 })
  writeFileSync(`${root}${FOLDER}/etcd.db`, COPY, { mode: 0o600 })
  writeFileSync(`${root}${FOLDER}/meta.json`, JSON.stringify(SNAPSHOT), { mode: 0o600 })
  writeFileSync(`${root}${SERVER}/db/etcd/member/before`, 'data before')
  return root
}

const standing = async (root: string): Promise<string> => {
  const { active, enabled } = await hostOf(root).unit('k3s')
  return `${active} ${String(enabled)}`
}

const incarnation = (root: string): unknown => (JSON.parse(readFileSync(`${root}/var/lib/drover/claim.json`, 'utf8')) as { incarnation: unknown }).incarnation
const isRestored = (root: string): boolean => existsSync(`${root}${SERVER}/db/etcd/member/restored`) && readFileSync(`${root}${SERVER}/db/etcd/member/restored`).equals(COPY)
const isKept = (root: string): boolean => existsSync(`${root}${SERVER}/db.before-2/etcd/member/before`)
const resets = (root: string): number => ledgerOf(root).filter((line) => line === 'reset').length

describe('k3s.restore on etcd', () => {
  it('has k3s make a cluster of one out of the snapshot, keeps the data before whole and starts nothing', async () => {
    const root = await fresh()
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { objects: 3, aside: `${SERVER}/db.before-2` } })
    expect([isRestored(root), isKept(root), incarnation(root), resets(root), await standing(root)]).toEqual([true, true, 2, 1, 'inactive false'])
    expect((await hostOf(root).unit('drover-k3s-reset-2')).load).toBe('not-found')
  })

  it('asks k3s for a cluster of its own whatever server its settings name', async () => {
    const root = await fresh()
    const asked: (readonly string[])[] = []
    const host = hostOf(root)
    await carryOut({ root, order: order(), host: { ...host, change: (tool, args, stdin) => (asked.push(args), host.change(tool, args, stdin)) } })
    expect(asked.flatMap((args) => args.slice(args.indexOf('--') + 1))).toEqual(['/usr/local/bin/k3s', 'server', '--server=', '--cluster-reset', `--cluster-reset-restore-path=${FOLDER}/etcd.db`])
  })

  it('goes back to the data before where k3s does not take the snapshot, and says why in its words', async () => {
    const root = await fresh()
    changeWorld(root, (world) => void (world.resetFault = 'Error: preparing server: bootstrap data already found and encrypted with different token'))
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'FAILED', code: 'k3s.reset', undone: 'undone' })
    expect(JSON.stringify(end)).toContain('encrypted with different token')
    expect([isRestored(root), isKept(root), existsSync(`${root}${SERVER}/db/etcd/member/before`), incarnation(root), await standing(root)]).toEqual([false, false, true, 1, 'active true'])
  })

  it('touches nothing where the snapshot is of the other datastore', async () => {
    const root = await fresh()
    expect(await carryOut({ root, order: order({ datastore: 'sqlite' }) })).toMatchObject({ type: 'FAILED', code: 'snapshot.datastore', undone: 'nothing-to-undo' })
    expect(await standing(root)).toBe('active true')
  })

  const countOf = async (): Promise<number> => {
    const root = await fresh()
    let changes = 0
    await carryOut({ root, order: order(), host: wrapChanges(hostOf(root), async (_name, _what, go) => { changes += 1; return go() }) })
    return changes
  }

  it.each(['before', 'after', 'power'] as const)('reaches the same end when it is killed around any of its changes (%s)', async (when) => {
    const changes = await countOf()
    expect(changes).toBeGreaterThan(5)
    for (let place = 1; place <= changes; place += 1) {
      const root = await fresh()
      let at = 0
      let isDead = false
      const host = wrapChanges(hostOf(root), async (_name, _what, go) => {
        at += 1
        if (isDead || (at === place && when === 'before')) throw (isDead = true, new Error('killed'))
        const result = await go()
        if (at === place) throw (isDead = true, new Error('killed'))
        return result
      })
      const run = carryOut({ root, order: order(), host, hook: () => { if (isDead) throw new Error('killed') } })
      await expect(run).rejects.toThrow('killed')
      if (when === 'power') powerCycle(root)
      expect(await carryOut({ root, order: order() }), `killed at ${String(place)}`).toMatchObject({ type: 'DONE' })
      expect([isRestored(root), isKept(root), incarnation(root), await standing(root), (await hostOf(root).unit('drover-k3s-reset-2')).load]).toEqual([true, true, 2, 'inactive false', 'not-found'])
      expect(resets(root)).toBeLessThanOrEqual(when === 'power' ? 2 : 1)
    }
  })
})
