import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerContextOf, ClusterNameSchema, RequestIdSchema, type StepParams } from '@drover/protocol'
import { fromText, generateSealPair, openSealed, toText } from '@drover/protocol/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDouble } from '../../kit/k3s-double/build.ts'
import { LEDGER_FILE, parseLedger } from '../../kit/k3s-double/ledger.ts'
import { openLab, type Lab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { bundleAgent, carryOut, claimOf, newSite, type OrderHost, prepareHost, putOrder, stepCommand } from './order-site.ts'

/** Looks until it is true; the test's own time limit ends it. */
const until = async (isTrue: () => Promise<boolean>): Promise<void> => {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20))
}

const skipped = skipOrFail()
const VERSION = 'v1.36.2+k3s1'
const CLUSTER = ClusterNameSchema.parse('home')
const REQUEST = RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa')

const picture = (on: OrderHost): Promise<string> =>
  on.host.must(
    "{ find /etc /usr/local /var/lib /opt -xdev \\( -path /var/lib/drover -o -path /var/lib/k3s-double -o -path /var/lib/systemd \\) -prune -o -printf '%p %y %m %l\\n' | sort; ls -d /run/k3s /run/flannel /run/netns/* 2>/dev/null || true; ls /sys/class/net; awk '{print $2}' /proc/self/mounts | sort; iptables-save 2>/dev/null | grep -E '^-A|^:.* - ' || true; }",
  )

describe.skipIf(skipped)('steps on a real host', () => {
  let lab: Lab
  let server: OrderHost
  let agent: OrderHost
  let sha256 = ''
  let before: readonly string[] = []

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-double-'))
    const double = await buildDouble(join(folder, 'k3s'), { version: VERSION })
    sha256 = double.sha256
    const bundle = await bundleAgent()
    lab = await openLab({ name: `steps-${String(process.pid)}`, hosts: [{ name: 'one', node: true }, { name: 'two', node: true }] })
    const site = newSite()
    server = await prepareHost(lab.host('one'), site, bundle)
    agent = await prepareHost(lab.host('two'), site, bundle)
    for (const { host } of [server, agent]) await host.writeFile('/var/lib/drover/import/k3s-of-any-name', readFileSync(double.path))
    rmSync(folder, { recursive: true })
    before = await Promise.all([picture(server), picture(agent)])
  })
  afterAll(() => lab.close())

  const install = (): StepParams<'binary.install'> => ({ version: VERSION, arch: 'amd64', sha256, origin: 'file', images: [] })

  it('brings up a server', async () => {
    expect(await carryOut(server, await putOrder(server, 'binary.install', { params: install() }))).toMatchObject({ type: 'DONE', result: { from: 'file' } })
    const config = {
      'node-name': 'one',
      'node-ip': server.host.address,
      'advertise-address': server.host.address,
      'tls-san': [server.host.address],
      'token-file': '/etc/rancher/k3s/drover-server-token',
      'agent-token-file': '/etc/rancher/k3s/drover-agent-token',
      disable: ['traefik'],
    }
    expect(await carryOut(server, await putOrder(server, 'k3s.config', { params: { role: 'server', claim: claimOf(server), config } }))).toMatchObject({ type: 'DONE' })
    const started = await carryOut(server, await putOrder(server, 'k3s.start', { params: { role: 'server', cluster: CLUSTER, incarnation: 1, initialises: true, datastore: 'sqlite' } }))
    expect(started).toMatchObject({ type: 'DONE', recovered: false, result: { cured: false } })
    expect(await server.host.must('systemctl is-active k3s; systemctl is-enabled k3s')).toBe('active\nenabled\n')
  })

  it('brings up an agent that joins it', async () => {
    expect(await carryOut(agent, await putOrder(agent, 'binary.install', { params: install() }))).toMatchObject({ type: 'DONE' })
    const config = {
      'node-name': 'two',
      'node-ip': agent.host.address,
      server: `https://${server.host.address}:6443`,
      'token-file': '/etc/rancher/k3s/drover-agent-token',
    }
    expect(await carryOut(agent, await putOrder(agent, 'k3s.config', { params: { role: 'agent', claim: claimOf(server), config } }))).toMatchObject({ type: 'DONE' })
    const started = await carryOut(agent, await putOrder(agent, 'k3s.start', { params: { role: 'agent', cluster: CLUSTER, incarnation: 1, initialises: false, datastore: 'sqlite' } }))
    expect(started).toMatchObject({ type: 'DONE' })
    expect(await server.host.must('k3s kubectl get nodes')).toContain('two')
  })

  it('hands out a kubeconfig that only its key opens', async () => {
    const pair = generateSealPair()
    const params = { request: REQUEST, server: `https://${server.host.address}:6443`, context: 'home' }
    const end = await carryOut(server, await putOrder(server, 'kubeconfig.read', { params, answerTo: toText(pair.publicKey) }))
    if (end?.type !== 'DONE') throw new Error(JSON.stringify(end))
    const sealed = fromText((end.result as { sealed: string }).sealed) ?? new Uint8Array()
    const opened = await openSealed(sealed, answerContextOf(CLUSTER, REQUEST), pair.secret)
    if (!opened.ok) throw new Error(opened.reason)
    await agent.host.writeFile('/root/kubeconfig', opened.secret, 0o600)
    expect(await agent.host.must('KUBECONFIG=/root/kubeconfig k3s kubectl get nodes')).toContain('one')
    await agent.host.must('rm /root/kubeconfig')
  })

  it('changes nothing and starts nothing when it is all ordered again', async () => {
    const again = await carryOut(server, await putOrder(server, 'k3s.start', { params: { role: 'server', cluster: CLUSTER, incarnation: 1, initialises: true, datastore: 'sqlite' } }))
    expect(again).toMatchObject({ type: 'DONE', result: { seconds: 0 } })
    const ledger = parseLedger(await server.host.readFile(LEDGER_FILE))
    expect(ledger.filter(({ event }) => event === 'initialised')).toHaveLength(1)
    expect(ledger.filter(({ event }) => event === 'start')).toHaveLength(1)
  })

  it('goes on after a power cut in the middle of a start, and starts once per boot', async () => {
    await server.host.must('systemctl disable --now k3s; rm /var/lib/drover/k3s-started.json')
    const starts = async (): Promise<number> => parseLedger(await server.host.readFile(LEDGER_FILE)).filter(({ event }) => event === 'start').length
    const had = await starts()
    const id = await putOrder(server, 'k3s.start', { params: { role: 'server', cluster: CLUSTER, incarnation: 1, initialises: true, datastore: 'sqlite' } })
    await server.host.must(stepCommand(id).join(' '))
    await until(async () => (await starts()) > had)
    await server.host.powerCut()
    await server.host.boot()
    expect(await carryOut(server, id)).toMatchObject({ type: 'DONE', recovered: true })
    const ledger = parseLedger(await server.host.readFile(LEDGER_FILE))
    expect(ledger.filter(({ event }) => event === 'initialised')).toHaveLength(1)
    expect(await starts()).toBe(had + 2)
  })

  it('leaves nothing behind', async () => {
    for (const [index, on] of [server, agent].entries()) {
      const params = { role: index === 0 ? ('server' as const) : ('agent' as const), cluster: CLUSTER, request: REQUEST }
      const end = await carryOut(on, await putOrder(on, 'k3s.uninstall', { params }))
      expect(end).toMatchObject({ type: 'DONE', result: { kept: ['/etc/rancher/node/password'] } })
      const after = (await picture(on)).split('\n').filter((line) => !/^\/etc\/rancher( |\/node)/.test(line))
      expect(after.join('\n')).toBe(before[index])
    }
  })
})
