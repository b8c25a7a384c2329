import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClusterNameSchema, K3S, type K3sConfig, RequestIdSchema, ROUTE, type StepParams } from '@drover/protocol'
import { makeToken, tokenText } from '@drover/protocol/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../../scripts/bundle/bundle.ts'
import { LAB_NODE } from '../../kit/k3s-double/build.ts'
import { k3sBinary, type K3sBinary } from '../drover/k3s-binary.ts'
import type { Host } from '../host.ts'
import { openLab, type Lab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'
import { bundleAgent, carryOut, claimOf, newSite, type OrderHost, prepareHost, putOrder, recordsOf, stepCommand } from './order-site.ts'

const CLUSTER = ClusterNameSchema.parse('home')
const REQUEST = RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa')
const KEEP: StepParams<'route.keep'> = { services: '10.43.0.0/16', iface: 'eth0' }
const OURS = `default via ${ROUTE.gateway} dev ${ROUTE.link} proto static metric ${String(ROUTE.metric)}`

/** All of a host that the step and its undo may change. */
const network = (host: Host): Promise<string> =>
  host.must('ls /sys/class/net | sort; ip -4 route | sort; find /etc/systemd/system -newer /etc/machine-id -name "drover-route*" -print; systemctl list-units --all --no-legend --plain "drover-route*"')

describe.skipIf(skipOrFail())('a host without a default route', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-route-'))
  let k3s: K3sBinary
  let lab: Lab
  let one: OrderHost
  let two: OrderHost

  const defaults = async ({ host }: OrderHost): Promise<string> => (await host.must('ip -4 route show default')).trim()
  /** The way that the kernel would take; no packet is sent. */
  const way = async ({ host }: OrderHost, to: string): Promise<string> => {
    const asked = await host.exec(['ip', '-4', 'route', 'get', to])
    return asked.code === 0 ? asked.stdout.replace(/ uid[\s\S]*/, '').trim() : asked.stderr.trim()
  }
  const start = async (config: K3sConfig) => {
    const whole = { 'node-name': 'one', 'token-file': K3S.serverToken, 'agent-token-file': K3S.agentToken, disable: ['traefik', 'servicelb', 'metrics-server', 'local-storage', 'coredns'], 'disable-helm-controller': true, ...config }
    expect(await carryOut(one, await putOrder(one, 'k3s.config', { params: { role: 'server', claim: claimOf(one), config: whole } }))).toMatchObject({ type: 'DONE' })
    return carryOut(one, await putOrder(one, 'k3s.start', { params: { role: 'server', cluster: CLUSTER, incarnation: 1, initialises: true, datastore: 'sqlite' } }))
  }
  const explicit = (): K3sConfig => ({ 'node-ip': one.host.address, 'advertise-address': one.host.address, 'flannel-iface': 'eth0', 'tls-san': [one.host.address] })

  beforeAll(async () => {
    k3s = await k3sBinary(folder)
    process.stderr.write(`runs on ${k3s.words}\n`)
    const program = await bundleAgent()
    const as = { defaultRoute: false, node: true, k3sReal: k3s.isReal } as const
    lab = await openLab({ name: `route-${String(process.pid)}`, hosts: [{ name: 'one', ...as }, { name: 'two', ...as }] })
    const site = newSite()
    one = await prepareHost(lab.host('one'), site, program)
    two = await prepareHost(lab.host('two'), site, program)
    await one.host.writeFile('/var/lib/drover/import/k3s', readFileSync(k3s.path))
    for (const name of ['agent', 'children'] as const) {
      const outFile = join(folder, `${name}.cjs`)
      await bundle({ program: name, outFile, version: '1.2.3' })
      await one.host.writeFile(`/opt/drover/${name}.cjs`, readFileSync(outFile))
    }
  })
  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  it('has no way to a service address, and k3s refuses to start unless every address is named', async () => {
    expect(await defaults(one)).toBe('')
    expect(await way(one, '10.43.0.1')).toMatch(/Network is unreachable/)
    const sha256 = (await one.host.must("sha256sum /var/lib/drover/import/k3s")).slice(0, 64)
    const params: StepParams<'binary.install'> = { version: k3s.version, arch: 'amd64', sha256, origin: 'file', images: [] }
    expect(await carryOut(one, await putOrder(one, 'binary.install', { params }))).toMatchObject({ type: 'DONE' })
    expect(await start({})).toMatchObject({ type: 'FAILED', code: 'k3s.start', message: expect.stringContaining('no default routes found') as string, undone: 'undone' })
  })

  it('is given one, and then reaches service addresses from the address of its node', async () => {
    expect(await carryOut(one, await putOrder(one, 'route.keep', { params: KEEP }))).toMatchObject({ type: 'DONE', result: { route: 'ours' } })
    expect(await defaults(one)).toBe(OURS)
    expect(await way(one, '10.43.0.1')).toBe(`10.43.0.1 dev eth0 src ${one.host.address}`)
    expect(await one.host.must(`ip -4 -o address show dev ${ROUTE.link}`)).toContain(` ${ROUTE.address} `)
    expect(await start(explicit())).toMatchObject({ type: 'DONE' })
    if (k3s.isReal) await until('an answer of the API under its service address', async () => ((await one.host.sh('curl -sk -m 3 https://10.43.0.1/version')).stdout === '' ? null : true))
    const again = await carryOut(one, await putOrder(one, 'route.keep', { params: KEEP }))
    expect(again).toMatchObject({ type: 'DONE', result: { route: 'ours' } })
  })

  it('has it again after a reboot, before k3s and without an agent', async () => {
    await one.host.reboot()
    await until('k3s', async () => ((await one.host.sh('systemctl -q is-active k3s')).code === 0 ? true : null))
    expect(await defaults(one)).toBe(OURS)
    expect(await way(one, '10.43.0.1')).toBe(`10.43.0.1 dev eth0 src ${one.host.address}`)
    const at = async (unit: string, property: string): Promise<number> => Number(await one.host.must(`systemctl show -p ${property} --value ${unit}`))
    expect(await at('drover-route', 'ActiveEnterTimestampMonotonic')).toBeLessThan(await at('k3s', 'ExecMainStartTimestampMonotonic'))
  })

  it('prefers a real one at once, has only that once the agent has looked, and the made one again when it goes', async () => {
    await one.host.writeFile('/var/lib/drover/join-token', `${tokenText(makeToken('join'))}\n`, 0o600)
    await one.host.must(`systemd-run -q --unit=drover-agent --property=RuntimeDirectory=drover ${LAB_NODE} --lite-mode /opt/drover/agent.cjs run`)
    // As late as systemd-networkd puts a default route that it got by DHCP.
    await one.host.must(`ip route add default via ${lab.gateway} metric 1024`)
    expect(await way(one, '8.8.8.8')).toContain(`via ${lab.gateway} dev eth0`)
    await until('the made link to go', async () => ((await one.host.sh(`ip link show ${ROUTE.link}`)).code === 0 ? null : true))
    expect(await defaults(one)).toBe(`default via ${lab.gateway} dev eth0 metric 1024`)
    expect(await one.host.must('ip -4 route show 10.43.0.0/16')).toBe('')
    await one.host.must(`ip route delete default via ${lab.gateway}`)
    await until('the made route', async () => ((await defaults(one)) === OURS ? true : null))
    await until('the service route beside it', async () => ((await one.host.must('ip -4 route show 10.43.0.0/16')) === '' ? null : true))
    await one.host.must('ip -4 route delete 10.43.0.0/16')
    await until('the service route', async () => ((await way(one, '10.43.0.1')) === `10.43.0.1 dev eth0 src ${one.host.address}` ? true : null))
    expect(await one.host.must('systemctl is-active k3s drover-agent')).toBe('active\nactive\n')
    await one.host.must('systemctl stop drover-agent')
  })

  it('does not make one at boot where a real one is there', async () => {
    await two.host.must(`ip route add default via ${lab.gateway}`)
    const before = await network(two.host)
    expect(await carryOut(two, await putOrder(two, 'route.keep', { params: KEEP }))).toMatchObject({ type: 'DONE', result: { route: 'real' } })
    expect(await network(two.host)).toBe(before)
    await two.host.must(`ip route delete default via ${lab.gateway}`)
  })

  it('comes to the same end after a power cut in the middle', async () => {
    const id = await putOrder(two, 'route.keep', { params: KEEP })
    await two.host.must(stepCommand(id).join(' '))
    await until('the step to have begun', async () => ((await recordsOf(two, id)).some(({ type }) => type === 'APPLYING') ? true : null), { everyMs: 5 })
    await two.host.powerCut()
    await two.host.boot()
    expect(await carryOut(two, id)).toMatchObject({ type: 'DONE', result: { route: 'ours' } })
    expect(await defaults(two)).toBe(OURS)
    expect(await two.host.must('systemctl is-active drover-route; systemctl is-enabled drover-route')).toBe('active\nenabled\n')
    const network = await two.host.readFile('/etc/systemd/network/10-eth0.network')
    await two.host.writeFile('/etc/systemd/network/10-eth0.network', network.replace('[Network]\n', `[Network]\nGateway=${lab.gateway}\n`))
    await two.host.reboot()
    await until('systemd to have done all', async () => (/^(?:running|degraded)/.test((await two.host.sh('systemctl is-system-running || true')).stdout) ? true : null))
    expect(await two.host.must('systemctl show -p ActiveState -p Result --value drover-route')).toContain('inactive')
    expect(await defaults(two)).toContain(`default via ${lab.gateway} dev eth0`)
    expect((await two.host.sh(`ip link show ${ROUTE.link}`)).code).not.toBe(0)
  })

  it('is as it was after an uninstall', async () => {
    const end = await carryOut(one, await putOrder(one, 'k3s.uninstall', { params: { role: 'server', cluster: CLUSTER, request: REQUEST } }))
    expect(end).toMatchObject({ type: 'DONE' })
    expect(await defaults(one)).toBe('')
    expect(await network(one.host)).not.toContain('drover-route')
    expect(await way(one, '10.43.0.1')).toMatch(/Network is unreachable/)
  })
})
