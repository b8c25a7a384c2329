import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClusterSchema, type SnapshotShown, SnapshotShownSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/small.yaml', import.meta.url))
const LONG = { timeoutMs: 280_000 }

describe.skipIf(skipOrFail())('a cluster goes back to a snapshot', () => {
  let site: Site
  let one: Host
  let two: Host
  let kubeconfig = ''
  const kubectl = (...args: readonly string[]): Promise<string> => site.kubectl(kubeconfig, ...args)
  const configMaps = async (): Promise<string[]> => (await kubectl('get', 'configmaps', '-n', 'default', '-o', 'name')).split('\n').filter((name) => name !== '' && !name.endsWith('kube-root-ca.crt'))
  const snapshots = async (): Promise<SnapshotShown[]> => z.array(SnapshotShownSchema).parse(JSON.parse(await site.must(['get', 'snapshots', 'home', '-o', 'json'])))
  const invocation = (host: Host, unit: string): Promise<string> => host.must(`systemctl show -p InvocationID --value ${unit}`)
  const incarnation = async (): Promise<number> => ClusterSchema.parse(JSON.parse(await site.must(['describe', 'cluster', 'home', '-o', 'json']))).incarnation

  beforeAll(async () => {
    site = await openSite({ name: 'snapshots', hosts: { one: 'server', two: 'worker' } })
    one = site.lab.host('one')
    two = site.lab.host('two')
  })
  afterAll(() => site.close())

  test('there is a cluster', async () => {
    const file = site.spec('small', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION'))
    await site.must(['apply', '-f', file, '--yes', '--wait'], LONG)
    kubeconfig = join(site.place, 'home.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'home']), { mode: 0o600 })
    expect(await kubectl('get', 'nodes')).toContain('two')
  })

  test('a snapshot is taken while k3s writes, and listed with what is in it', async () => {
    await kubectl('create', 'configmap', 'dear', '--from-literal=a=b', '-n', 'default')
    const writing = (async (): Promise<void> => {
      for (let index = 0; index < 10; index += 1) await kubectl('create', 'configmap', `busy-${String(index)}`, '--from-literal=a=b', '-n', 'default')
    })()
    const said = await site.must(['snapshot', 'now', 'home'], LONG)
    await writing
    expect(said).toMatch(/^snapshot manual-[a-z2-7]{16} of home is taken: .*, \d+ objects, consistent, on one\n$/)
    const [taken] = await snapshots()
    expect(taken).toMatchObject({ cluster: 'home', host: 'one', incarnation: 1, grade: 'consistent', version: site.k3s.version, opens: true })
    expect(await one.must(`sha256sum < /var/lib/drover/snapshots/${taken?.name ?? ''}/state.db`)).toContain(taken?.sha256)
    expect(await one.must('stat -c %a /var/lib/drover/snapshots /var/lib/drover/snapshots/*/state.db')).toBe('700\n600\n')
  })

  test('what was deleted since is back, what was made since is gone; the agent was not restarted', async () => {
    const [taken] = await snapshots()
    await kubectl('delete', 'configmap', 'dear', '-n', 'default')
    await kubectl('create', 'configmap', 'later', '--from-literal=a=b', '-n', 'default')
    const agent = await invocation(two, 'k3s-agent')
    const refused = await site.drover(['restore', 'home', '--latest'])
    expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining(`put snapshot ${taken?.name ?? ''} in the place`)])
    const began = performance.now()
    const said = await site.must(['restore', 'home', '--latest', '--confirm', 'home', '--wait'], LONG)
    expect(said).toMatch(/run run-[a-z2-7]{16} done\n$/)
    process.stdout.write(`snapshots: restored in ${String(Math.round((performance.now() - began) / 100) / 10)} s\n`)
    expect(await configMaps()).toContain('configmap/dear')
    expect(await configMaps()).not.toContain('configmap/later')
    expect(await invocation(two, 'k3s-agent')).toBe(agent)
    expect(await incarnation()).toBe(2)
    for (const host of [one, two]) expect(JSON.parse(await host.readFile('/var/lib/drover/claim.json'))).toMatchObject({ incarnation: 2 })
    const nodes = await until('both nodes Ready', async () => {
      const shown = await kubectl('get', 'nodes')
      return (shown.match(/ Ready /g)?.length ?? 0) === 2 ? shown : null
    })
    expect(nodes).toContain('two')
    expect(await one.must('ls -d /var/lib/rancher/k3s/server/db.before-2; systemctl is-enabled k3s')).toContain('enabled')
  })

  test('the restored cluster has a snapshot of its own, and there is nothing left to do', async () => {
    const [after, before] = await snapshots()
    expect([after?.name, after?.incarnation]).toEqual(['restored-2', 2])
    process.stdout.write(`snapshots: ${String(before?.objects)} objects in the snapshot, ${String(after?.objects)} after the restore\n`)
    expect((await site.drover(['apply', '-f', join(site.place, 'small.yaml')])).stdout).toContain('Nothing to do')
    await kubectl('create', 'configmap', 'works', '--from-literal=a=b', '-n', 'default')
    expect(await configMaps()).toContain('configmap/works')
  })

  test('a snapshot of which a bit is flipped is refused, and the cluster goes on', async () => {
    const [after] = await snapshots()
    const path = `/var/lib/drover/snapshots/${after?.name ?? ''}/state.db`
    await one.must(`printf '\\377' | dd of=${path} bs=1 seek=4100 conv=notrunc 2>/dev/null`)
    const server = await invocation(one, 'k3s')
    const said = await site.drover(['restore', 'home', '--snapshot', after?.name ?? '', '--confirm', 'home', '--wait'], LONG)
    expect(said.code).not.toBe(0)
    expect(said.stdout + said.stderr).toContain('is not the file that was taken')
    expect(await invocation(one, 'k3s')).toBe(server)
    expect(await configMaps()).toContain('configmap/works')
    await site.must(['apply', '-f', join(site.place, 'small.yaml'), '--yes', '--wait'], LONG)
    expect(await invocation(one, 'k3s')).toBe(server)
  })

  test('one is deleted under an approval, the last good one never', async () => {
    const [, before] = await snapshots()
    await site.must(['snapshot', 'delete', 'home', 'restored-2', '--confirm', 'restored-2', '--wait'], LONG)
    const left = await until('the list without it', async () => {
      const all = await snapshots()
      return all.length === 1 ? all : null
    })
    expect(left.map(({ name }) => name)).toEqual([before?.name])
    const last = await site.drover(['snapshot', 'delete', 'home', before?.name ?? '', '--confirm', before?.name ?? '', '--wait'], LONG)
    expect(last.stdout + last.stderr).toContain('last good snapshot')
    expect(await snapshots()).toHaveLength(1)
  })
})
