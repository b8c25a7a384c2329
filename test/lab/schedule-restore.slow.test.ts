import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FiringShown, FiringShownSchema, type SnapshotShown, SnapshotShownSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outputOf } from './command.ts'
import { endOf, endsOf, EVERY_MINUTE, MINUTES, takesOf } from './drover/firings.ts'
import { type JournalOf, journalsOf, moment } from './drover/moments.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

/** k3s takes longer than a minute to stop: so that a planned time falls into the restore. */
const SLOW_STOP = '[Service]\nExecStop=/bin/sleep 62\n'
const DROP_IN = '/etc/systemd/system/k3s.service.d'
const MINUTES_CLI = { timeoutMs: 280_000 }

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.skipIf(skipOrFail())('a firing during a restore', () => {
  let site: Site
  let one: Host
  let kubeconfig = ''
  let manual = ''

  const kubectl = (...args: readonly string[]): Promise<string> => site.kubectl(kubeconfig, ...args)
  const snapshots = (): Promise<readonly SnapshotShown[]> => list(site, 'snapshots', SnapshotShownSchema)
  const firings = (): Promise<readonly FiringShown[]> => list(site, 'firings', FiringShownSchema)
  const restoreOf = (since: number): JournalOf | undefined => journalsOf(one, since).find(({ kind }) => kind === 'k3s.restore')
  const incarnationOf = ({ records: [first] }: JournalOf): number => (first?.type === 'FIRED' ? first.incarnation : 0)

  beforeAll(async () => {
    site = await openSite({ name: 'firing-restore', hosts: { one: 'server' } })
    one = site.lab.host('one')
    await site.must(['apply', '-f', site.spec('home', EVERY_MINUTE), '--yes', '--wait'], { timeoutMs: 280_000 })
    kubeconfig = join(site.place, 'home.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'home']), { mode: 0o600 })
    await kubectl('create', 'configmap', 'dear', '--from-literal=a=b', '-n', 'default')
    manual = /snapshot (manual-\S+) of/.exec(await site.must(['snapshot', 'now', 'home'], MINUTES_CLI))?.[1] ?? ''
    await kubectl('delete', 'configmap', 'dear', '-n', 'default')
    await one.must(`mkdir -p ${DROP_IN}`)
    await one.writeFile(`${DROP_IN}/slow.conf`, SLOW_STOP)
    await one.must('systemctl daemon-reload')
  })
  afterAll(() => site.close())

  test('waits for it, is not taken for the life before, and comes again for the new one', async () => {
    const since = Date.now()
    const restored = site.drover(['restore', 'home', '--snapshot', manual, '--confirm', 'home', '--wait'], MINUTES_CLI)
    await moment({ host: one, kind: 'k3s.restore', type: 'APPLYING', since })
    const early: string[] = []
    await until('the end of the restore', () => {
      const restore = restoreOf(since)
      if (restore !== undefined && endOf(restore) !== undefined) return true
      const waiting = takesOf(one, restore?.at ?? since)
      early.push(...waiting.filter(({ records }) => records.length > 1).map(({ kind }) => kind))
      return null
    }, MINUTES)
    expect(early).toEqual([])
    const ofLifeBefore = (): readonly JournalOf[] => takesOf(one, restoreOf(since)?.at ?? since).filter((journal) => incarnationOf(journal) === 1)
    expect(ofLifeBefore().length).toBeGreaterThan(0)
    outputOf(['drover restore'], await restored)
    const ended = await until('the firings to end', () => (endsOf(ofLifeBefore()).length === ofLifeBefore().length ? ofLifeBefore() : null), MINUTES)
    expect(ended.map((journal) => endOf(journal))).toMatchObject(ended.map(() => ({ type: 'FAILED', code: 'order.claim', undone: 'nothing-to-undo' })))
    const good = await until('a firing of the new life', () => takesOf(one, since).find((journal) => incarnationOf(journal) === 2 && endOf(journal)?.type === 'DONE') ?? null, MINUTES)
    expect(endOf(good)).toMatchObject({ result: { incarnation: 2 } })
  })

  test('nothing is lost by it: what was restored, what was set aside, the snapshots before and after', async () => {
    expect(await kubectl('get', 'configmaps', '-n', 'default', '-o', 'name')).toContain('configmap/dear')
    expect(await one.must('ls -d /var/lib/rancher/k3s/server/db.before-2')).toContain('db.before-2')
    const all = await until('the list', async () => {
      const shown = await snapshots()
      return shown.some(({ name }) => name === 'restored-2') && shown.some(({ name, incarnation }) => name.startsWith('snapshot-') && incarnation === 2) ? shown : null
    }, MINUTES)
    expect(all.map(({ name }) => name)).toContain(manual)
    for (const { name, sha256 } of all) expect(sumOf(readFileSync(join(one.root, 'var/lib/drover/snapshots', name, 'state.db')))).toBe(sha256)
  })

  test('what was kept around changes long ago goes with the next good one, by name', async () => {
    const folder = '/var/lib/drover/snapshots'
    for (const minor of [31, 32, 33, 34]) {
      const name = `before-v1.${String(minor)}.0-1`
      await one.must(`cp -a ${folder}/${manual} ${folder}/${name}; sed -i 's/"${manual}"/"${name}"/; s/"at":[0-9]*/"at":${String(minor)}/' ${folder}/${name}/meta.json`)
    }
    // restored-2 is of the same sort: three are left.
    await until('the oldest to go', async () => ((await one.sh(`ls ${folder}/before-v1.31.0-1`)).code === 0 ? null : true), MINUTES)
    expect(await one.must(`ls -d ${folder}/before-* | wc -l`)).toBe('2\n')
    const tidy = await until('its end', () => journalsOf(one, 0).find(({ kind, records }) => kind === 'snapshot.tidy' && endOf({ records })?.type === 'DONE') ?? null)
    expect(endOf(tidy)).toMatchObject({ result: { snapshots: ['before-v1.32.0-1', 'before-v1.31.0-1'], folders: [] } })
  })

  test('is listed, and found no more once the next is good', async () => {
    const shown = await until('the firings', async () => {
      const all = await firings()
      return all.some(({ state }) => state === 'failed') && all.find(({ state }) => state !== 'due')?.state === 'done' ? all : null
    }, MINUTES)
    expect(shown.find(({ state }) => state === 'failed')?.message).toContain('the order of 1')
    expect(shown[0]).toMatchObject({ cluster: 'home', host: 'one', state: 'due', schedule: 'snapshot' })
    expect(await site.must(['describe', 'cluster', 'home'])).not.toContain('has taken no snapshot')
  })
})
