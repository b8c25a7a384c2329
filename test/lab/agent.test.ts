import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Inventory } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle/bundle.ts'
import { ownArch, runtimeFor } from '../../scripts/package/runtime.ts'
import { openCoordinator, type WatchedCoordinator } from './agent/watched-coordinator.ts'
import type { Host } from './host.ts'
import { openLab, type Lab } from './lab.ts'
import { skipOrFail } from './skip-or-fail.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe.skipIf(skipOrFail())('the resident agent on a real host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-agent-'))
  let lab: Lab
  let host: Host
  let coordinator: WatchedCoordinator

  const stateIs = (word: string): Promise<string> =>
    host.must(`for i in $(seq 300); do grep -q '"state":"${word}"' /run/drover/agent-state.json && break; sleep 0.1; done; cat /run/drover/agent-state.json`)
  const pid = (): Promise<string> => host.must('systemctl show -p MainPID --value drover-agent')
  const sections = (said: { body: Readonly<Record<string, unknown>> }): Inventory => said.body['sections'] as Inventory

  beforeAll(async () => {
    lab = await openLab({ name: `agent-${String(process.pid)}`, hosts: [{ name: 'one' }] })
    host = lab.host('one')
    const opened = await openCoordinator(lab, join(folder, 'coordinator.json'))
    coordinator = opened.coordinator
    const { node } = runtimeFor(ownArch(), { root, cache: join(root, 'node_modules/.cache/drover-package') })
    await host.writeFile('/opt/drover/current/node', readFileSync(node), 0o755)
    for (const program of ['agent', 'children'] as const) {
      const outFile = join(folder, `${program}.cjs`)
      await bundle({ program, outFile, version: '1.2.3' })
      await host.writeFile(`/opt/drover/current/${program}.cjs`, readFileSync(outFile))
    }
    await host.writeFile('/etc/systemd/system/drover-agent.service', readFileSync(join(root, 'deploy/systemd/drover-agent.service')))
    await host.writeFile('/etc/drover/agent.json', opened.agentJson)
    await host.writeFile('/var/lib/drover/join-token', `${opened.token}\n`, 0o600)
    await host.must('systemctl daemon-reload; systemctl start drover-agent')
  })

  afterAll(async () => {
    coordinator.stop()
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  test('enrols, keeps its keys to itself and forgets the token', async () => {
    const open = await coordinator.hears((said) => said.t === 'open')
    expect(open.body).toMatchObject({ agentVersion: '1.2.3', bootCount: 1, hostname: 'one', journalHead: { count: 0 } })
    expect(open.body['machine']).toMatchObject({ machineId: expect.stringMatching(/^[0-9a-f]{64}$/) as string, macs: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(JSON.parse(await stateIs('enrolled'))).toMatchObject({ state: 'enrolled', name: 'one', hostKey: expect.stringMatching(/^(?:[0-9a-f]{4}-){3}[0-9a-f]{4}$/) as string })
    expect(await host.must('cd /var/lib/drover; stat -c "%a %n" keys keys/* enrolment.json; ls')).not.toContain('join-token')
    expect(await host.must('cd /var/lib/drover; stat -c "%a %n" keys keys/* enrolment.json')).toBe('700 keys\n600 keys/node.json\n600 keys/seal.json\n600 enrolment.json\n')
  })

  test('tells hardware, network and state of a bare host', async () => {
    const inventory = sections(await coordinator.hears((said) => said.t === 'inventory'))
    expect(inventory.hardware).toMatchObject({ os: { distro: 'Debian GNU/Linux', hostname: 'one' } })
    expect(inventory.network?.defaultRoute).toMatchObject({ via: lab.gateway, source: host.address, evidence: expect.stringContaining('default via') as string })
    expect(inventory.network?.nics.flatMap((nic) => nic.addresses.map((address) => address.ip))).toContain(host.address)
    expect(inventory.state).toMatchObject({ usedPorts: [], foreignK3s: [], data: { path: '/var/lib/rancher/k3s', fsyncP99Us: expect.any(Number) as number } })
    const facts = await coordinator.hears((said) => said.t === 'facts')
    expect(facts.body['facts']).toEqual({ binary: null, images: {}, config: null, claim: null, k3s: null, sysctls: expect.objectContaining({ kept: {}, before: {} }) as unknown })
  })

  test('notices an address that comes, and a port and a k3s that are not ours', async () => {
    const from = coordinator.heard.length
    coordinator.send('observe', { everyMs: 500, forMs: 20_000 })
    await host.must('ip addr add 10.0.0.99/24 dev "$(ip -o route show default | sed "s/.* dev \\([^ ]*\\).*/\\1/")"')
    const moved = await coordinator.hears((said) => said.t === 'inventory' && JSON.stringify(said.body).includes('10.0.0.99'), from)
    expect(sections(moved)).not.toHaveProperty('hardware')
    await host.must('printf "#!/bin/sh\\n" >/usr/local/bin/k3s; chmod 755 /usr/local/bin/k3s')
    await host.must('systemd-run -q --unit=holder /opt/drover/current/node -e "require(\'node:net\').createServer().listen(6443)"')
    await host.must('for i in $(seq 100); do ss -Hltn sport = :6443 | grep -q . && break; sleep 0.1; done')
    coordinator.send('inventory.refresh', {})
    const seen = await coordinator.hears((said) => said.t === 'inventory' && JSON.stringify(said.body).includes('tcp/6443'), from)
    expect(sections(seen).state).toMatchObject({ usedPorts: ['tcp/6443 (node)'], foreignK3s: ['/usr/local/bin/k3s'] })
    await host.must('systemctl stop holder; rm /usr/local/bin/k3s')
  })

  test('reads logs for people', async () => {
    coordinator.send('logs.read', { id: 'q1', unit: 'drover-agent', lines: 50 })
    const chunk = await coordinator.hears((said) => said.t === 'logs.chunk')
    expect(chunk.body).toMatchObject({ re: 'q1', end: true })
    expect(JSON.stringify(chunk.body)).toContain('enrolled: h-')
  })

  test('comes back as the same host after a kill and after a power cut', async () => {
    const first = await coordinator.hears((said) => said.t === 'open')
    for (const [cut, boots] of [[() => host.must('systemctl kill -s KILL drover-agent'), 1], [async () => { await host.must('systemctl enable -q drover-agent; sync'); await host.powerCut(); await host.boot() }, 2]] as const) {
      const from = coordinator.heard.length
      await cut()
      const again = await coordinator.hears((said) => said.t === 'open', from)
      expect(again.nodeId).toBe(first.nodeId)
      expect(again.body).toMatchObject({ bootCount: boots })
    }
  })

  test('goes on without a coordinator and finds it again', async () => {
    const before = await pid()
    coordinator.stop()
    await stateIs('connecting')
    coordinator = (await openCoordinator(lab, join(folder, 'coordinator.json'))).coordinator
    await coordinator.hears((said) => said.t === 'open')
    await coordinator.hears((said) => said.t === 'inventory')
    expect(await pid()).toBe(before)
  })

  test('ends cleanly when it is asked to', async () => {
    await host.must('systemctl stop drover-agent')
    expect(await host.must('systemctl show -p Result --value drover-agent')).toBe('success\n')
  })
})
