import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runOrThrow } from './command.ts'
import { openLab, type Lab } from './lab.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import type { Leftovers } from './teardown.ts'

const nothing: Leftovers = { processes: [], mounts: [], groups: [], folders: [] }
const name = `test-lab-${process.pid}`

/** All that the lab must leave alone: links, routes and firewall of the machine itself. */
async function machine(): Promise<Record<string, string>> {
  return {
    links: await runOrThrow(['ip', '-j', 'link']),
    addresses: (await runOrThrow(['ip', '-o', 'address'])).replaceAll(/valid_lft \S+|preferred_lft \S+/g, ''),
    routes: await runOrThrow(['ip', '-j', 'route', 'show', 'table', 'all']),
    firewall: await runOrThrow(['nft', 'list', 'ruleset']),
    forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
  }
}

const reaches = async (from: Pick<Host, 'exec'>, address: string): Promise<boolean> =>
  (await from.exec(['ping', '-c', '1', '-W', '1', address])).code === 0

// connects from within a namespace of the machine with bash alone, and gives the first line that is said
const firstLine = async (from: Pick<Host, 'exec'>, address: string, port: number): Promise<string> =>
  (await from.exec(['bash', '--norc', '-c', `exec 3<>/dev/tcp/${address}/${port} && head -n 1 <&3`])).stdout.trim()

describe.skipIf(skipOrFail())('a lab of two hosts', () => {
  let lab: Lab
  let one: Host
  let two: Host
  let before: Record<string, string>

  beforeAll(async () => {
    before = await machine()
    lab = await openLab({
      name,
      bridges: [
        { name: 'br0', address: '10.0.0.1/24' },
        { name: 'br1', address: '10.1.0.1/24' },
      ],
      hosts: [
        { name: 'one', nics: [{ bridge: 'br0' }, { bridge: 'br1' }], node: true, machineId: 'a'.repeat(32) },
        { name: 'two', nics: [{ bridge: 'br0' }, { bridge: 'br1' }], without: ['/usr/bin/xz'] },
      ],
    })
    one = lab.host('one')
    two = lab.host('two')
  })

  afterAll(async () => {
    await lab.close()
  })

  it('boots hosts with a systemd, a name and an identity of their own, and nothing else on them', async () => {
    const said = await one.must('systemctl is-system-running --wait; hostname; cat /etc/machine-id')
    expect(said.trim().split('\n')).toEqual(['running', 'one', 'a'.repeat(32)])
    expect(two.machineId).toMatch(/^[0-9a-f]{32}$/)
    expect(await one.must('cat /etc/ssh/*.pub')).not.toBe(await two.must('cat /etc/ssh/*.pub'))
    expect((await two.sh('command -v node nodejs npm k3s xz')).code).not.toBe(0)
    expect(await one.must('/usr/lib/drover-lab/node --version; command -v xz')).toBe(`${process.version}\n/usr/bin/xz\n`)
  })

  it('gives what a command says and how it ends, and its input to it', async () => {
    expect(await one.sh('cat; echo bad >&2; exit 7', { stdin: 'good' })).toEqual({ code: 7, stdout: 'good', stderr: 'bad\n' })
    expect((await one.exec(['sleep', '600'], { timeoutMs: 50 })).code).toBe(124)
    expect((await one.exec(['sh', '-c', 'echo "$A"; pwd'], { env: { A: 'b' }, cwd: '/etc' })).stdout).toBe('b\n/etc\n')
    await expect(one.must('echo why >&2; false')).rejects.toThrow('why')
  })

  it('connects the hosts on each of their bridges, and shows them only their own NICs', async () => {
    expect(await reaches(one, '10.0.0.12')).toBe(true)
    expect(await reaches(one, '10.1.0.12')).toBe(true)
    expect(await one.must('ls /sys/class/net; ip -o route show default')).toMatch(
      /^eth0\neth1\nlo\ndefault via 10.0.0.1 dev eth0 /,
    )
  })

  it('lets admin and stranger reach a port of a host, each with its own address', async () => {
    await one.must('until ss -Hltn sport = :22 | grep -q .; do sleep 0.1; done')
    expect(await firstLine(lab.admin, one.address, 22)).toMatch(/^SSH-2.0/)
    expect(await firstLine(lab.stranger, one.address, 22)).toMatch(/^SSH-2.0/)
    await one.must('nft -f -', {
      stdin: `table inet seen {
        set from { type ipv4_addr; flags dynamic; }
        chain in { type filter hook input priority 0; tcp dport 22 add @from { ip saddr }; }
      }`,
    })
    await firstLine(lab.admin, one.address, 22)
    await firstLine(lab.stranger, one.address, 22)
    const seen = await one.must('nft list set inet seen from')
    expect(seen).toContain(lab.admin.address)
    expect(seen).toContain(lab.stranger.address)
  })

  it('has a tunnel for what runs on the machine itself', async () => {
    const served = "require('http').createServer((q,r)=>r.end('hello '+q.socket.remoteAddress)).listen(8080,()=>console.log(1))"
    const server = one.spawn(['/usr/lib/drover-lab/node', '-e', served], { stdio: ['ignore', 'pipe', 'inherit'] })
    if (server.stdout !== null) await once(server.stdout, 'data')
    const tunnel = await lab.tunnel({ address: one.address, port: 8080 })
    const said = await new Promise((resolve, reject) => {
      get({ socketPath: tunnel.socketPath, path: '/' }, (answer) => resolve(text(answer))).on('error', reject)
    })
    expect(said).toContain(lab.admin.address)
    expect(await (await fetch(`http://127.0.0.1:${tunnel.port}/`)).text()).toBe(said)
    await tunnel.close()
  })

  it('partitions by pulling a cable, also across a boot, and the address stays', async () => {
    await two.linkDown('br0')
    expect(await reaches(one, two.address)).toBe(false)
    expect(await reaches(one, '10.1.0.12')).toBe(true)
    expect(await two.must('ip -o -4 address show eth0; cat /sys/class/net/eth0/carrier')).toMatch(/10\.0\.0\.12\/24[^]*\n0\n$/)
    await two.powerCut()
    await two.boot()
    expect(await reaches(one, two.address)).toBe(false)
    await two.linkUp('br0')
    expect(await reaches(one, two.address)).toBe(true)
  })

  it('cuts the power at once, and a boot finds the files and forgets the rest', async () => {
    await one.writeFile('/srv/deep/kept', 'kept', 0o600)
    await one.writeFile('/var/lib/rancher/kept', 'kept too')
    const [id, mac] = (await one.must('nft add table inet gone; cat /proc/sys/kernel/random/boot_id /sys/class/net/eth0/address')).split('\n')
    const left = one.spawn(['sleep', '600'])
    const died = once(left, 'close')
    await one.powerCut()
    await died
    expect(one.leader()).toBeUndefined()
    expect(await reaches(two, one.address)).toBe(false)
    await expect(one.exec(['true'])).rejects.toThrow('one is off')
    await one.writeFile('/srv/written-while-off', 'off')
    expect(await one.readFile('/srv/deep/kept')).toBe('kept')
    await one.boot()
    expect(await one.must('stat -c %a /srv/deep/kept; cat /srv/written-while-off /var/lib/rancher/kept')).toBe('600\noffkept too')
    expect(await one.must('nft list ruleset')).toBe('')
    expect(await one.must('cat /proc/sys/kernel/random/boot_id')).not.toContain(id)
    expect(await one.must('cat /sys/class/net/eth0/address')).toContain(mac)
    expect(await reaches(two, one.address)).toBe(true)
    expect(await one.journal('ssh')).toMatch(/Server listening/)
  })

  it('lets a host reboot and shut down by itself', async () => {
    const id = await one.must('cat /proc/sys/kernel/random/boot_id')
    await one.reboot()
    expect(await one.must('cat /proc/sys/kernel/random/boot_id')).not.toBe(id)
    await one.shutdown()
    expect(one.leader()).toBeUndefined()
    expect(await one.readFile('/etc/hostname')).toBe('one\n')
    await one.boot()
    expect(await reaches(two, one.address)).toBe(true)
  })

  it('copies a host with its identity', async () => {
    const clone = await lab.addHost({ name: 'clone', copyOf: 'one' })
    expect(clone.machineId).toBe(one.machineId)
    expect(await clone.must('hostname; cat /etc/machine-id /srv/deep/kept')).toBe(`clone\n${one.machineId}\nkept`)
    expect(await clone.must('cat /etc/ssh/*.pub')).toBe(await one.must('cat /etc/ssh/*.pub'))
    await expect(lab.addHost({ name: 'clone' })).rejects.toThrow('has a host')
  })

  it('runs beside a lab of another name with the same addresses, and refuses a second of its own name', async () => {
    await expect(openLab({ name })).rejects.toThrow('in use')
    const beside = await openLab({ name: `${name}-b`, hosts: [{ name: 'one' }] })
    expect(beside.host('one').address).toBe(one.address)
    await beside.host('one').writeFile('/srv/beside', '')
    expect((await one.sh('test -e /srv/beside')).code).toBe(1)
    expect(await beside.close()).toEqual(nothing)
    expect(await reaches(two, one.address)).toBe(true)
  })

  it('closes without leaving anything, and never touched the machine', async () => {
    expect(await machine()).toEqual(before)
    lab.spawnAdmin(['sleep', '600'])
    expect(await lab.close()).toEqual(nothing)
    expect(await machine()).toEqual(before)
  })
})
