import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForecastSchema, ROUTE } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { difference, type Picture, pictureOf } from './drover/picture.ts'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/no-route.yaml', import.meta.url))
const OURS = `default via ${ROUTE.gateway} dev ${ROUTE.link} proto static metric ${String(ROUTE.metric)}`

describe.skipIf(skipOrFail())('a cluster in a network without a way out', () => {
  let site: Site
  let hosts: readonly Host[] = []
  let before: readonly Picture[] = []
  const picture = (host: Host): Promise<Picture> => pictureOf(host, { without: ['/var/lib/drover', '/etc/rancher'] })
  const defaults = async (host: Host): Promise<string> => (await host.must('ip -4 route show default')).trim()
  const toService = (host: Host) => host.exec(['ip', '-4', 'route', 'get', '10.43.0.1'])

  beforeAll(async () => {
    site = await openSite({ name: 'no-route', hosts: { one: 'server', two: 'worker' }, defaultRoute: false })
    hosts = ['one', 'two'].map((name) => site.lab.host(name))
    before = await Promise.all(hosts.map(picture))
  })
  afterAll(() => site.close())

  test('the forecast says for each host that a default route is made, and why', async () => {
    const file = site.spec('home', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION'))
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', file, '-o', 'json'])))
    const lines = planned.phases.flatMap((phase) => phase.lines).filter(({ kind }) => kind === 'route.keep')
    expect(lines.map(({ host }) => host).toSorted()).toEqual(['one', 'two'])
    expect(lines[0]?.touches).toContainEqual({ what: 'route', name: `default via ${ROUTE.gateway} dev ${ROUTE.link} metric ${String(ROUTE.metric)}`, how: 'made' })
    for (const host of hosts) expect((await toService(host)).stderr).toContain('Network is unreachable')
    const said = await site.must(['apply', '-f', file, '--yes', '--wait'], { timeoutMs: 280_000 })
    expect(said).toContain('one has no IPv4 default route (none in /proc/net/route)')
    expect(said).toMatch(/run run-[a-z2-7]{16} done\n$/)
  })

  test('the nodes are Ready with their own addresses, and reach service addresses from them', async () => {
    const kubeconfig = join(site.place, 'home.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'home']), { mode: 0o600 })
    const nodes = await site.kubectl(kubeconfig, 'get', 'nodes', '-o', 'wide')
    for (const host of hosts) {
      expect(nodes).toMatch(new RegExp(`^${host.name} +Ready .* ${host.address.replaceAll('.', '\\.')} `, 'm'))
      expect(await defaults(host)).toBe(OURS)
      expect((await toService(host)).stdout).toContain(`10.43.0.1 dev eth0 src ${host.address}`)
      if (site.k3s.isReal) await until('the API under its service address', async () => ((await host.sh('curl -sk -m 3 https://10.43.0.1/version')).stdout === '' ? null : true))
    }
  })

  test('the made link is neither a NIC nor a default route of the host', async () => {
    const { inventory } = await until('an inventory from after the run', async () => {
      const shown = await site.inventory('two')
      return shown.inventory.network?.routes.some(({ metric }) => metric === ROUTE.metric) === true ? shown : null
    })
    expect(inventory.network?.defaultRoute).toBeNull()
    expect(inventory.network?.nics.map(({ name }) => name)).toEqual(['eth0'])
  })

  test('a real default route that appears makes it go, with nothing to plan', async () => {
    const two = site.lab.host('two')
    await two.must(`ip route add default via ${site.lab.gateway} metric 1024`)
    await until('the made link to go', async () => ((await two.sh(`ip link show ${ROUTE.link}`)).code === 0 ? null : true))
    expect(await defaults(two)).toBe(`default via ${site.lab.gateway} dev eth0 metric 1024`)
    expect((await site.drover(['apply', '-f', site.spec('again', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION'))])).stdout).toContain('Nothing to do')
    await two.must(`ip route delete default via ${site.lab.gateway}`)
    await until('the made route', async () => ((await defaults(two)) === OURS ? true : null))
  })

  test('what systemd-networkd takes off its link when it configures that anew is put back', async () => {
    const one = site.lab.host('one')
    await one.must('systemctl stop drover-agent; networkctl reconfigure eth0')
    await until('it to have taken the route', async () => ((await one.must('ip -4 route show 10.43.0.0/16')) === '' ? true : null))
    expect(await defaults(one)).toBe(OURS)
    await one.must('systemctl start drover-agent')
    await until('both routes', async () => ((await defaults(one)) === OURS && (await toService(one)).stdout.includes(`dev eth0 src ${one.address}`) ? true : null))
  })

  test('the deleted cluster leaves the hosts as they were', async () => {
    await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], { timeoutMs: 280_000 })
    for (const [index, host] of hosts.entries()) {
      expect(difference(before[index] ?? [], await picture(host))).toEqual([])
      expect(await defaults(host)).toBe('')
    }
  })
})
