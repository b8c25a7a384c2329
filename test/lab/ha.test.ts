import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForecastSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerOf } from './drover/ledger-of.ts'
import { membersOn, votersOn } from './drover/members-on.ts'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/ha-three.yaml', import.meta.url))
const SERVERS = ['one', 'three', 'two'] as const

describe.skipIf(skipOrFail())('three servers', () => {
  let site: Site
  let kubeconfig = ''
  let seed = ''
  const text = readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION')
  const host = (name: string): Host => site.lab.host(name)
  /** kubectl through one server alone. */
  const through = (name: string, ...args: readonly string[]): Promise<string> => {
    const file = join(site.place, `through-${name}.yaml`)
    writeFileSync(file, readFileSync(kubeconfig, 'utf8').replaceAll(/https:\/\/[^:]+:6443/g, `https://${host(name).address}:6443`), { mode: 0o600 })
    return site.kubectl(file, ...args)
  }

  beforeAll(async () => {
    site = await openSite({ name: 'ha', hosts: { one: 'server', two: 'server', three: 'server', four: 'worker' } })
  })
  afterAll(() => site.close())

  test('come up from one approval: the forecast says after each line how many failures are tolerated', async () => {
    const file = site.spec('ha', text)
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', file, '-o', 'json'])))
    const joins = planned.phases.flatMap(({ lines }) => lines).filter(({ kind }) => kind === 'k3s.start' || kind === 'etcd.promote')
    seed = joins[0]?.host ?? ''
    const [second, third] = SERVERS.filter((name) => name !== seed)
    expect(joins.filter(({ host }) => host !== 'four').map((line) => `${line.kind} ${line.host} ${String(line.voters)} ${String(line.tolerates)}`)).toEqual([
      `k3s.start ${seed} 1 0`,
      `k3s.start ${second} 2 0`,
      `etcd.promote ${seed} 2 0`,
      `k3s.start ${third} 3 1`,
      `etcd.promote ${seed} 3 1`,
    ])
    await site.must(['apply', '-f', file, '--yes', '--wait'], { timeoutMs: 290_000 })
    kubeconfig = join(site.place, 'ha-three.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'ha-three']), { mode: 0o600 })
    const nodes = await site.kubectl(kubeconfig, 'get', 'nodes')
    for (const name of SERVERS) expect(nodes).toMatch(new RegExp(`^${name} +Ready +\\S*control-plane\\S*etcd`, 'm'))
    expect(nodes).toMatch(/^four +Ready/m)
  })

  test('each of them sees three voters, and one initialised', async () => {
    for (const name of SERVERS) expect(await votersOn(host(name))).toEqual(['one', 'three', 'two'])
    if (site.k3s.isReal) return
    expect(SERVERS.flatMap((name) => ledgerOf(host(name))).filter(({ event }) => event === 'initialised')).toHaveLength(1)
  })

  test('the same spec again is quiet', async () => {
    expect((await site.drover(['apply', '-f', site.spec('ha', text)])).stdout).toContain('Nothing to do')
  })

  test('the first server loses its power: the API goes on, a kubeconfig comes through another one, and it comes back as the member that it was', async () => {
    const [second = '', third = ''] = SERVERS.filter((name) => name !== seed)
    const named = await host(seed).must('sed -n "s/^server: //p" /etc/rancher/k3s/config.yaml.d/50-drover.yaml')
    expect([`"https://${host(second).address}:6443"\n`, `"https://${host(third).address}:6443"\n`]).toContain(named)
    const before = await membersOn(host(second))
    await host(seed).powerCut()
    await until('a write through another server', async () => through(second, 'create', 'configmap', 'after', '-n', 'default').catch(() => null))
    const fresh = join(site.place, 'through-another.yaml')
    writeFileSync(fresh, await site.must(['kubeconfig', 'ha-three', '--server', third]), { mode: 0o600 })
    expect(readFileSync(fresh, 'utf8')).toContain(`server: https://${host(third).address}:6443\n`)
    expect(await site.kubectl(fresh, 'get', 'configmap', 'after', '-n', 'default', '-o', 'name')).toBe('configmap/after\n')
    await host(seed).boot()
    await until('it answers again', async () => through(seed, 'get', 'configmap', 'after', '-n', 'default', '-o', 'name').catch(() => null))
    expect((await membersOn(host(second))).map(({ id }) => id).toSorted()).toEqual(before.map(({ id }) => id).toSorted())
  })

  test('the cluster is deleted, servers and all', async () => {
    await until('status without one that is away', async () => ((await site.must(['status', 'ha-three'])).includes(' away ') ? null : true))
    await site.must(['delete', 'cluster', 'ha-three', '--confirm', 'ha-three', '--wait'], { timeoutMs: 280_000 })
    for (const name of [...SERVERS, 'four']) expect(await host(name).sh('test -e /usr/local/bin/k3s')).toMatchObject({ code: 1 })
  })
})
