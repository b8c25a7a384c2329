import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ForecastSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { votersOn } from './drover/members-on.ts'
import { type JournalOf, journalsOf } from './drover/moments.ts'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const specOf = (servers: string, agents = ''): string => `cluster: shrink\nk3s: { version: VERSION, origin: cache }\ndatastore: etcd\nservers: { names: [${servers}] }\n${agents === '' ? '' : `agents: { names: [${agents}] }\n`}`

/** When a step had ended at the earliest: it was received, and took so long. */
const endOf = ({ at, records }: JournalOf): number => at + Math.max(0, ...records.map((record) => (record.type === 'DONE' ? record.elapsedMs : 0)))

describe.skipIf(skipOrFail())('a cluster that shrinks', () => {
  let site: Site
  let kubeconfig = ''
  const host = (name: string): Host => site.lab.host(name)
  const apply = (text: string): Promise<string> => site.must(['apply', '-f', site.spec('shrink', text), '--yes', '--wait'], { timeoutMs: 290_000 })
  const nodes = async (): Promise<readonly string[]> => (await site.kubectl(kubeconfig, 'get', 'nodes', '-o', 'name')).trim().split('\n').map((line) => line.replace('node/', '')).toSorted()
  const isBare = async (name: string): Promise<boolean> => (await host(name).sh('test -e /usr/local/bin/k3s -o -e /var/lib/rancher/k3s -o -e /etc/systemd/system/k3s.service')).code === 1

  beforeAll(async () => {
    site = await openSite({ name: 'shrink', hosts: { one: 'server', two: 'server', three: 'server', four: 'worker' } })
    await apply(specOf('one, two, three', 'four'))
    kubeconfig = join(site.place, 'shrink.kubeconfig')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'shrink']), { mode: 0o600 })
  }, 320_000)
  afterAll(() => site.close())

  test('a server and the worker leave: drained, uninstalled, their Nodes and the member gone, and nothing comes back', async () => {
    const file = site.spec('shrink', specOf('one, two'))
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', file, '-o', 'json'])))
    expect(planned.phases.flatMap(({ lines }) => lines).filter(({ does }) => JSON.stringify(does.args).includes('three')).map(({ kind, host: by }) => `${kind} ${by}`)).toEqual(['node.drain one', 'node.delete one', 'etcd.remove one'])
    const since = Date.now()
    await apply(specOf('one, two'))
    expect(await nodes()).toEqual(['one', 'two'])
    // the kubelet stops the pods that a drain evicts: k3s goes only afterwards
    const drained = journalsOf(host('one'), since).filter(({ kind }) => kind === 'node.drain').map(endOf).toSorted((a, b) => a - b)
    const uninstalled = ['three', 'four'].map((name) => journalsOf(host(name), since).find(({ kind }) => kind === 'k3s.uninstall')?.at ?? 0).toSorted((a, b) => a - b)
    expect([drained.length, drained.map((end, index) => end <= (uninstalled[index] ?? 0))]).toEqual([2, [true, true]])
    for (const name of ['one', 'two']) expect(await votersOn(host(name))).toEqual(['one', 'two'])
    expect([await isBare('three'), await isBare('four')]).toEqual([true, true])
  })

  test('of two members one is taken out before its k3s goes, and the other goes on', async () => {
    await apply(specOf('one'))
    await until('an answer of the API', async () => site.kubectl(kubeconfig, 'create', 'configmap', 'after', '-n', 'default').catch(() => null))
    expect([await nodes(), await votersOn(host('one')), await isBare('two')]).toEqual([['one'], ['one'], true])
  })

  test('one that left comes back as a server, and the first one cannot leave', async () => {
    await apply(specOf('one, two'))
    expect(await votersOn(host('two'))).toEqual(['one', 'two'])
    expect((await site.drover(['plan', '-f', site.spec('shrink', specOf('two'))])).stdout).toContain('the first server is among them')
    expect(await site.kubectl(kubeconfig, 'get', 'configmap', 'after', '-n', 'default', '-o', 'name')).toBe('configmap/after\n')
  })
})
