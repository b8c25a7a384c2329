import { digestsOf, refOf, rulesDigest } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lab, openLab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'
import { dialFrom, dialOn } from './dial.ts'
import { keepRules, NODE_PORT, openFirewallSite, openPorts, order, POD, rulesFor, stageRules } from './firewall-site.ts'
import type { OrderHost } from './order-site.ts'

describe.skipIf(skipOrFail())('the firewall of a real host', () => {
  let lab: Lab
  let on: OrderHost
  let before = ''

  const ip = (): string => on.host.address
  const ruleset = (): Promise<string> => on.host.must('nft list ruleset')
  const isOpen = (port: number, at = ip()): Promise<boolean> => dialFrom(lab.stranger, at, port).then((answer) => answer === 'open')
  const comesBack = (): Promise<number | null> =>
    until('the stranger to reach the API again', async () => ((await isOpen(6443)) ? performance.now() : null), { limitMs: 20_000, everyMs: 50 })

  beforeAll(async () => {
    lab = await openLab({ name: `firewall-${String(process.pid)}`, hosts: [{ name: 'one', node: true }, { name: 'two', node: true }] })
    on = await openFirewallSite(lab)
    before = await ruleset()
  })
  afterAll(() => lab.close())

  it('is needed: without it a stranger reaches host, NodePort and pod alike', async () => {
    expect(await Promise.all([isOpen(22), isOpen(6443), isOpen(NODE_PORT), isOpen(8080, POD)])).toEqual([true, true, true, true])
  })

  it('lets in whom the rules name, and nobody else: host ports, NodePorts and pods', async () => {
    const rules = rulesFor(lab)
    const staged = await stageRules(on, rules)
    expect(staged).toMatchObject({ type: 'DONE', result: digestsOf(rules) })
    const two = lab.host('two')
    const seen = await Promise.all([
      ...[22, 6443, 10_250, 8080, NODE_PORT].map((port) => dialFrom(lab.stranger, ip(), port)),
      dialFrom(lab.stranger, POD, 8080),
      ...[22, 6443, 10_250].map((port) => dialFrom(lab.admin, ip(), port)),
      ...[22, 6443, 10_250, 8080, 11_111].map((port) => dialOn(two, ip(), port)),
    ])
    expect(seen.join(' ')).toBe(
      ['filtered filtered filtered filtered filtered', 'filtered', 'open open filtered', 'filtered open open filtered filtered'].join(' '),
    )
    expect(await dialOn(on.host, two.address, 22)).toBe('open')
  })

  it('keeps what is committed over a power cut, loaded before network and k3s', async () => {
    const rules = rulesFor(lab)
    expect(await order(on, 'firewall.commit', { rules: rulesDigest(rules) })).toMatchObject({ type: 'DONE', result: digestsOf(rules) })
    await on.host.powerCut()
    await on.host.boot()
    expect(await isOpen(22)).toBe(false)
    expect(await dialFrom(lab.admin, ip(), 22)).toBe('open')
    const order_ = await on.host.must('systemctl show -p Before --value drover-firewall')
    expect(order_.split(/\s+/)).toEqual(expect.arrayContaining(['network-pre.target', 'k3s.service', 'k3s-agent.service']))
    const times = await on.host.must('systemctl show -p ActiveEnterTimestampMonotonic --value drover-firewall systemd-networkd')
    const [firewall = 0, network = 0] = times.split('\n').filter(Boolean).map(Number)
    expect(firewall).toBeGreaterThan(0)
    expect(firewall).toBeLessThan(network)
    await openPorts(lab, on)
  })

  it('is back after nftables.service has flushed everything', async () => {
    await on.host.must('systemctl restart nftables')
    await until('the rules', async () => ((await isOpen(22)) ? null : true))
    expect(await dialFrom(lab.admin, ip(), 22)).toBe('open')
    await on.host.must('systemctl stop nftables').catch(() => undefined)
    await on.host.must('systemctl restart drover-firewall')
    await on.host.must(`nft 'table ip test-nat { chain pre { type nat hook prerouting priority dstnat; tcp dport ${String(NODE_PORT)} dnat to ${POD}:8080; }; }'`)
  })

  it('opens a NodePort by its own number alone', async () => {
    const rules = rulesFor(lab)
    await keepRules(on, { ...rules, admit: [...rules.admit, { from: 'anyone', proto: 'tcp', ports: ['30000-30100'] }] })
    expect(await Promise.all([isOpen(NODE_PORT), isOpen(8080), isOpen(8080, POD)])).toEqual([true, false, false])
    await keepRules(on, rules)
    expect(await isOpen(NODE_PORT)).toBe(false)
  })

  it('lets members in and out by element, and ends the connections of those that left', async () => {
    const rules = rulesFor(lab)
    const two = lab.host('two')
    const script = `const s = require('node:net').connect(6443, '${ip()}'); s.on('data', () => console.log('data')); s.on('close', () => process.exit()); s.on('error', () => process.exit()); setInterval(() => s.write('x'), 100)`
    const held = two.spawn(['/usr/lib/drover-lab/node', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => held.stdout?.once('data', resolve))
    const left = { nodes: [ip()], servers: [ip()] }
    const change = (list = left, digest = rulesDigest(rules)) => order(on, 'firewall.members', { rules: digest, members: refOf(list), list })
    expect(await change()).toMatchObject({ type: 'DONE', result: digestsOf({ ...rules, ...left }) })
    expect(await dialOn(two, ip(), 6443)).toBe('filtered')
    expect(await on.host.must(`conntrack -L -s ${two.address} -p tcp --dport 6443 --state ESTABLISHED 2>/dev/null | grep -c ASSURED || true`)).toBe('0\n')
    held.kill('SIGKILL')
    expect(await change({ ...left, nodes: rules.nodes })).toMatchObject({ type: 'DONE' })
    expect(await dialOn(two, ip(), 6443)).toBe('open')
    expect(await change(left, 'b'.repeat(64))).toMatchObject({ type: 'FAILED', code: 'firewall.other-rules' })
    expect(await order(on, 'firewall.members', { rules: rulesDigest(rules), members: refOf(rules), list: left })).toMatchObject({ type: 'FAILED', code: 'firewall.other-members' })
  })

  it('guards IPv6 as it does IPv4', async () => {
    const rules = rulesFor(lab)
    const two = lab.host('two')
    const [one6, two6, admin6, other6] = ['fd00:1::11', 'fd00:1::12', 'fd00:1::2', 'fd00:1::1']
    const add = (ip6: string, dev: string): string[] => ['ip', '-6', 'addr', 'add', `${ip6}/64`, 'dev', dev, 'nodad']
    const places = [[on.host, one6, 'eth0'], [two, two6, 'eth0'], [lab.admin, admin6, 'eth0'], [lab.router, other6, 'br0']] as const
    for (const [place, ip6, dev] of places) expect(await place.exec(add(ip6, dev))).toMatchObject({ code: 0 })
    const seen = (): Promise<readonly string[]> =>
      Promise.all([22, 6443, 10_250].flatMap((port) => [dialFrom(lab.admin, one6, port), dialOn(two, one6, port), dialFrom(lab.router, one6, port)]))
    await keepRules(on, { ...rules, admit: [{ from: 'anyone', proto: 'tcp', ports: [22, 6443, 10_250] }] })
    expect(new Set(await seen())).toEqual(new Set(['open']))
    await keepRules(on, { ...rules, nodes: [...rules.nodes, one6, two6], admins: [...rules.admins, `${admin6}/128`] })
    expect(await seen()).toEqual(['open', 'filtered', 'filtered', 'open', 'open', 'filtered', 'filtered', 'open', 'filtered'])
    expect(await dialOn(on.host, two6, 22)).toBe('open')
    await keepRules(on, rules)
  })

  it('is gone without a trace', async () => {
    expect(await order(on, 'firewall.remove', {})).toMatchObject({ type: 'DONE' })
    expect(await ruleset()).toBe(before)
    const left = await on.host.sh('ls /etc/drover/firewall /var/lib/drover/firewall /etc/systemd/system/drover-firewall.service; systemctl cat drover-firewall; find /etc/systemd -name "*drover-firewall*"; systemctl list-timers --all | grep drover')
    expect(left.stdout).toBe('')
    expect(await isOpen(6443)).toBe(true)
  })

  it('goes back by itself where nobody commits: by the timer alone, and by the kernel alone', async () => {
    const rules = rulesFor(lab)
    for (const lost of ['kernel', 'timer']) {
      expect(await stageRules(on, rules, 5_000)).toMatchObject({ type: 'DONE' })
      if (lost === 'kernel') await on.host.must("nft 'flush set inet drover armed; add element inet drover armed { ipv4 timeout 1h, ipv6 timeout 1h }'")
      else await on.host.must('systemctl stop drover-firewall-revert.timer')
      expect(await isOpen(6443)).toBe(false)
      await comesBack()
      await on.host.must('nft delete table inet drover 2>/dev/null || true; rm -rf /var/lib/drover/firewall')
    }
    expect(await ruleset()).toBe(before)
    expect(await order(on, 'firewall.commit', { rules: rulesDigest(rules) })).toMatchObject({ type: 'FAILED', code: 'firewall.not-staged' })
  })

  it('refuses what would cut a live SSH session off, and lets it live where the rules name it', async () => {
    const session = lab.spawnAdmin([process.execPath, '-e', `require('node:net').connect(22, '${ip()}').resume().on('connect', () => console.log('up')); setInterval(() => {}, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => session.stdout?.once('data', resolve))
    const end = await stageRules(on, rulesFor(lab, { admins: ['203.0.113.0/24'] }))
    expect(end).toMatchObject({ type: 'FAILED', code: 'firewall.cuts-off', undone: 'nothing-to-undo' })
    expect(end?.type === 'FAILED' && end.message).toContain(lab.admin.address)
    expect(await stageRules(on, rulesFor(lab))).toMatchObject({ type: 'DONE' })
    session.kill('SIGKILL')
    expect(await order(on, 'firewall.remove', {})).toMatchObject({ type: 'DONE' })
  })

  it('refuses a host where another firewall is in charge, and says which', async () => {
    const others = [
      ['mkdir -p /etc/ufw; echo ENABLED=yes >/etc/ufw/ufw.conf', 'rm -r /etc/ufw', 'ufw'],
      ["nft 'table inet mine { chain in { type filter hook input priority 0; policy drop; }; }'", 'nft delete table inet mine', 'inet mine'],
      ["nft 'table ip mine { chain in { type filter hook input priority 0; tcp dport 22 accept; counter reject; }; }'", 'nft delete table ip mine', 'ip mine'],
      ['iptables-legacy -A INPUT -j DROP', 'iptables-legacy -F INPUT', 'iptables-legacy-save'],
      ['iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited', 'iptables -F INPUT; nft delete table ip filter', 'iptables-save'],
    ] as const
    for (const [on_, off, word] of others) {
      await on.host.must(on_)
      const end = await stageRules(on, rulesFor(lab))
      await on.host.must(off)
      expect(end).toMatchObject({ type: 'FAILED', code: 'firewall.other-in-charge' })
      expect(end?.type === 'FAILED' && end.message).toContain(word)
    }
  })

  it('recovers from ten lockouts', async () => {
    const took: number[] = []
    for (let lockout = 1; lockout <= 10; lockout += 1) {
      const began = performance.now()
      expect(await stageRules(on, rulesFor(lab, { admins: [`203.0.113.${String(lockout)}/32`] }), 5_000)).toMatchObject({ type: 'DONE' })
      expect(await dialFrom(lab.admin, ip(), 22)).toBe('filtered')
      const back = await until('the admin to be back', async () => ((await dialFrom(lab.admin, ip(), 22)) === 'open' ? performance.now() : null), { limitMs: 20_000, everyMs: 20 })
      took.push(Math.round(back - began))
    }
    process.stdout.write(`ten lockouts of 5 s, back after ${took.join(', ')} ms\n`)
    expect(took).toHaveLength(10)
    await until('the table to be gone', async () => ((await ruleset()) === before ? true : null))
  })
})
