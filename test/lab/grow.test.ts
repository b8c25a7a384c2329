import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForecastSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerOf } from './drover/ledger-of.ts'
import { journalsOf, killAgent, moment } from './drover/moments.ts'
import { openSite, type Site } from './drover/site.ts'
import { threeByName } from './drover/three-under-fire.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/ha-three.yaml', import.meta.url))
const LONG = { timeoutMs: 290_000 }
const SERVER = '/var/lib/rancher/k3s/server'
const CONFIG_MAPS = 12

/** As soon as k3s has been stopped, something else listens on etcd's port between members. */
const HOLDER = `const fs = require('node:fs')
const look = setInterval(() => {
  if (!fs.existsSync('${SERVER}/before-etcd-1.copying') && !fs.existsSync('${SERVER}/before-etcd-1')) return
  clearInterval(look)
  require('node:net').createServer().listen(2380, '0.0.0.0')
}, 2)`

// On the stand-in its ledger tells how often k3s began anew; a real k3s keeps none.
describe.skipIf(skipOrFail())('a cluster on SQLite grows', () => {
  let site: Site
  let one: Host
  let kubeconfig = ''
  const three = readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION')
  const alone = threeByName(['one'])
  const kubectl = (...args: readonly string[]): Promise<string> => site.kubectl(kubeconfig, ...args)
  const configMaps = async (): Promise<number> => (await kubectl('get', 'configmaps', '-n', 'default', '-o', 'name')).split('\n').filter((name) => name.startsWith('configmap/dear-')).length

  beforeAll(async () => {
    site = await openSite({ name: 'grow', hosts: { one: 'server', two: 'server', three: 'server', four: 'worker' } })
    one = site.lab.host('one')
  })
  afterAll(() => site.close())

  test('there is one server with a worker', async () => {
    await site.must(['apply', '-f', site.spec('alone', alone), '--yes', '--wait'], LONG)
    kubeconfig = join(site.place, 'grown.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'ha-three']), { mode: 0o600 })
    for (let index = 0; index < CONFIG_MAPS; index += 1) await kubectl('create', 'configmap', `dear-${String(index)}`, '--from-literal=a=b', '-n', 'default')
    expect(await configMaps()).toBe(CONFIG_MAPS)
    expect(await one.must(`ls ${SERVER}/db`)).toContain('state.db')
  })

  test('the forecast says that it goes to etcd, with a snapshot before and one join after the other', async () => {
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', site.spec('three', three), '-o', 'json'])))
    const lines = planned.phases.flatMap(({ lines: all }) => all).filter(({ kind }) => !/^(?:binary|k3s\.config|schedule)/.test(kind))
    expect(lines.map(({ kind, host, voters, tolerates }) => `${kind} ${host} ${String(voters)} ${String(tolerates)}`)).toEqual([
      'snapshot.take one 1 0',
      'k3s.to-etcd one 1 0',
      expect.stringMatching(/^k3s\.start (?:two|three) 2 0$/),
      'etcd.promote one 2 0',
      expect.stringMatching(/^k3s\.start (?:two|three) 3 1$/),
      'etcd.promote one 3 1',
    ])
    expect(planned.findings.map(({ said }) => said.code)).toContain('finding.to-etcd')
  })

  test('a move that fails goes back to SQLite, and k3s runs with all that it had', async () => {
    await one.writeFile('/root/holder.cjs', HOLDER)
    await one.must('systemd-run --quiet --unit=holder /opt/drover/current/node /root/holder.cjs')
    const since = Date.now()
    const applied = await site.drover(['apply', '-f', join(site.place, 'three.yaml'), '--yes', '--wait'], LONG)
    await one.must('systemctl stop holder')
    expect(applied.code).not.toBe(0)
    const [failed] = journalsOf(one, since).filter(({ kind }) => kind === 'k3s.to-etcd')
    const end = failed?.records.find(({ type }) => type === 'FAILED')
    process.stdout.write(`grow: ${JSON.stringify(end ?? null).slice(0, 400)}\n${applied.stdout.slice(-600)}${applied.stderr.slice(-400)}\n`)
    expect(end).toMatchObject({ type: 'FAILED', undone: 'undone' })
    expect(await configMaps()).toBe(CONFIG_MAPS)
    expect(await one.must(`ls ${SERVER}/db; systemctl is-enabled k3s; systemctl show -p Restart --value k3s; ls -d ${SERVER}/before-etcd* /run/systemd/system/k3s.service.d/* 2>/dev/null || true`)).toMatch(/^state\.db\n(?:state\.db-\w+\n)*enabled\nalways\n$/)
    expect(await one.readFile('/etc/rancher/k3s/config.yaml.d/50-drover.yaml')).not.toContain('cluster-init')
    expect(await kubectl('get', 'nodes')).toMatch(/^four +Ready/m)
  })

  test('it goes on where it stood: the child that moves it dies, and three servers come of it', async () => {
    const since = Date.now()
    const applied = site.drover(['apply', '-f', join(site.place, 'three.yaml'), '--yes', '--wait'], LONG)
    await moment({ host: one, kind: 'k3s.to-etcd', type: 'APPLYING', since })
    await until('etcd to begin', async () => ((await one.sh(`test -e ${SERVER}/db/etcd`)).code === 0 ? true : null), { everyMs: 20, limitMs: 120_000 })
    expect(killAgent(site.lab.name, one, 'run-step')).toBeGreaterThan(0)
    const ended = await applied
    expect([ended.code, ended.stderr]).toEqual([0, expect.anything()])
    const moved = journalsOf(one, since).find(({ kind }) => kind === 'k3s.to-etcd')
    const end = moved?.records.find(({ type }) => type === 'DONE')
    process.stdout.write(`grow: ${JSON.stringify(end)}\n`)
    expect(end).toMatchObject({ type: 'DONE', recovered: true })
    expect(await configMaps()).toBe(CONFIG_MAPS)
    const nodes = await kubectl('get', 'nodes')
    for (const name of ['one', 'two', 'three']) expect(nodes).toMatch(new RegExp(`^${name} +Ready +\\S*control-plane\\S*etcd`, 'm'))
    expect(nodes).toMatch(/^four +Ready/m)
  })

  test('the copy from before is there, no half of a move, and nothing is left to do', async () => {
    expect(await one.must(`ls ${SERVER}/db; ls ${SERVER}/before-etcd-1; ls ${SERVER}/before-etcd-1/db; stat -c %a ${SERVER}/before-etcd-1`)).toMatch(/state\.db\.migrated[\s\S]*cred\ndb\ntls\ntoken\nstate\.db\n700\n$/)
    expect(await one.must('systemctl is-enabled k3s; systemctl show -p Restart --value k3s')).toBe('enabled\nalways\n')
    expect(['one', 'two', 'three'].flatMap((name) => ledgerOf(site.lab.host(name))).filter(({ event }) => event === 'wiped')).toHaveLength(0)
    expect((await site.drover(['apply', '-f', join(site.place, 'three.yaml')])).stdout).toContain('Nothing to do')
    await site.must(['delete', 'cluster', 'ha-three', '--confirm', 'ha-three', '--wait'], LONG)
    for (const name of ['one', 'two', 'three', 'four']) expect(await site.lab.host(name).sh('test -e /usr/local/bin/k3s')).toMatchObject({ code: 1 })
  })
})
