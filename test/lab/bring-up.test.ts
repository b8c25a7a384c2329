import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClusterSchema, ForecastSchema, type ForecastShown, type Inventory, RunSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countsOf } from './drover/ledger-of.ts'
import { ownWordsOf } from './drover/own-words.ts'
import { difference, type Picture, pictureOf } from './drover/picture.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/small.yaml', import.meta.url))
const OWN = '/etc/rancher/k3s/config.yaml'

const isIpv4 = ({ ip }: { readonly ip: string }): boolean => !ip.includes(':') && ip !== '127.0.0.1'
const addressesOf = ({ network }: Inventory): readonly string[] =>
  (network?.nics ?? []).flatMap(({ name, mac, addresses }) => addresses.filter(isIpv4).map(({ ip, prefix }) => `${name} ${mac} ${ip}/${String(prefix)}`))

/** By it the server knows a node that comes back; k3s's own uninstaller leaves it too. */
const isNodePassword = (line: string): boolean => /^\+ (?:file|hash) (?:[0-9a-f]+ +)?\/etc\/rancher(?:\/node(?:\/password)?)?(?: |$)/.test(line)

/** Of a bare host before the installer, of an enrolled one before its cluster. */
type Pictures = { readonly bare: Picture; readonly enrolled: Picture }

describe.skipIf(skipOrFail())('two bare hosts become a cluster and bare hosts again', () => {
  let site: Site
  let one: Host
  let two: Host
  let planned: ForecastShown
  let pasted: readonly string[] = []
  const pictures = new Map<Host, Pictures>()
  const text = readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION')

  /** Initialisations and starts of both; a real k3s keeps no ledger, its log tells the starts. */
  const ledger = async (): Promise<number[][]> => Promise.all([one, two].map(async (host) => {
    const { initialised, start } = countsOf(host)
    if (!site.k3s.isReal) return [initialised, start]
    const starts = (await host.journal(host === one ? 'k3s' : 'k3s-agent')).match(/Starting k3s (?:agent )?v/g)?.length ?? 0
    return [host === one ? 1 : 0, starts]
  }))

  const picture = (host: Host): Promise<Picture> => pictureOf(host, { without: ['/var/lib/drover'] })

  beforeAll(async () => {
    site = await openSite({ name: 'bring-up', hosts: { one: null, two: null } })
    one = site.lab.host('one')
    two = site.lab.host('two')
    await one.writeFile(OWN, '# mine\ndebug: false\n', 0o600)
    const bare = await Promise.all([pictureOf(one), pictureOf(two)])
    const said = await Promise.all([site.join(one, '--label', 'role=server'), site.join(two, '--label', 'role=worker')])
    pasted = said.map(({ stdout }) => stdout)
    await Promise.all([site.inventory('one'), site.inventory('two')])
    const enrolled = await Promise.all([picture(one), picture(two)])
    for (const [index, host] of [one, two].entries()) pictures.set(host, { bare: bare[index] ?? [], enrolled: enrolled[index] ?? [] })
  })
  afterAll(() => site.close())

  test('the pasted line says what it does, and both keys for people to compare', () => {
    for (const said of pasted) expect(said).toMatch(/service +drover-agent.service[^]*this host's key +[0-9a-f-]{19}\n +coordinator's key +[0-9a-f-]{19}\nIt is enrolled/)
    expect(pasted).toHaveLength(2)
  })

  test('the hosts show what they say of themselves', async () => {
    for (const host of [one, two]) {
      const { inventory, labels, state, online } = await site.inventory(host.name)
      expect({ labels, state, online }).toEqual({ labels: { role: host === one ? 'server' : 'worker' }, state: 'active', online: true })
      const own = await ownWordsOf(host)
      expect(inventory.hardware).toMatchObject({ cpu: { cores: own.cores }, memoryMb: own.memoryMb, os: { distro: 'Debian GNU/Linux', hostname: host.name } })
      expect(addressesOf(inventory)).toEqual(own.addresses)
      const { gateway, dev } = own.route
      expect(inventory.network?.defaultRoute).toMatchObject({ via: gateway, iface: dev, source: host.address, evidence: expect.stringContaining(`default via ${gateway}`) as string })
    }
    const wide = await site.must(['get', 'hosts', '-o', 'wide'])
    for (const host of [one, two]) expect(wide).toMatch(new RegExp(`^${host.name} +active +connected.*${host.address}.*${site.lab.gateway} on eth0`, 'm'))
  })

  test('a plan changes nothing; in a pipe, apply without --yes waits for approval', async () => {
    const file = site.spec('small', text)
    planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', file, '-o', 'json'])))
    const asked = await site.drover(['apply', '-f', file])
    expect(asked.code).toBe(3)
    expect(asked.stdout).toContain('one is server: selector role=server')
    const [, id = ''] = /forecast (fc-[a-z2-7]{16}) waits for approval\nApprove it with: drover approve \1/.exec(asked.stderr) ?? []
    for (const host of [one, two]) expect(difference(pictures.get(host)?.enrolled ?? [], await picture(host))).toEqual([])
    const approved = await site.must(['approve', id, '--wait'], { timeoutMs: 280_000 })
    expect(approved).toMatch(/WAIT one: .*, ends when .*, gives up at \d+ min/)
    expect(approved).toMatch(/run (run-[a-z2-7]{16}) done\n$/)
  })

  test('what the forecast named exists, and nothing beside it was put into /etc and /usr/local', async () => {
    const lines = planned.phases.flatMap((phase) => phase.lines)
    expect(lines.map((line) => `${line.kind} ${line.host}`).toSorted()).toEqual(['binary.install one', 'binary.install two', 'k3s.config one', 'k3s.config two', 'k3s.start one', 'k3s.start two', 'schedule.set one'])
    for (const host of [one, two]) {
      const touched = lines.filter((line) => line.host === host.name).flatMap((line) => line.touches)
      for (const { what, name } of touched) {
        const unit = what === 'unit' && !name.startsWith('/')
        expect(await host.sh(unit ? `systemctl is-active ${name} | grep -qE '^(active|activating)$' && systemctl is-enabled ${name}` : `ls -d ${name}`)).toMatchObject({ code: 0, stderr: '' })
      }
      const named = new Set(touched.map(({ name }) => name))
      const made = difference(pictures.get(host)?.enrolled ?? [], await picture(host)).flatMap((line) => /^\+ file (\/(?:etc|usr\/local)\/\S+) [fl] /.exec(line)?.[1] ?? [])
      const byK3s = ['/etc/rancher/k3s/k3s.yaml', '/etc/rancher/node/password', '/etc/systemd/system/multi-user.target.wants/k3s.service', '/etc/systemd/system/multi-user.target.wants/k3s-agent.service']
      const byCni = /^\/etc\/cni\//
      expect(made.filter((path) => !named.has(path) && !byK3s.includes(path) && !byCni.test(path))).toEqual([])
    }
  })

  test('status shows it, the kubeconfig works', async () => {
    const status = await site.must(['status', 'home'])
    expect(status).toContain('API up')
    for (const host of [one, two]) expect(status).toMatch(new RegExp(`^${host.name} .*${host.address.replaceAll('.', '\\.')} +connected +active +ready`, 'm'))
    const kubeconfig = join(site.place, 'home.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'home']), { mode: 0o600 })
    const nodes = await site.kubectl(kubeconfig, 'get', 'nodes')
    for (const host of [one, two]) expect(nodes).toMatch(new RegExp(`^${host.name} +Ready .*${site.k3s.version.replaceAll('+', '\\+')}`, 'm'))
    expect(readFileSync(join(site.place, 'coordinator.log'), 'utf8')).not.toContain('client-key-data')
  })

  test('the same spec again is quiet, and k3s was initialised and started once', async () => {
    const again = await site.drover(['apply', '-f', join(site.place, 'small.yaml')])
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('Nothing to do')
    expect(await ledger()).toEqual([[1, 1], [0, 1]])
  })

  test('a label and an option of the spec are written, and k3s is restarted for them', async () => {
    const changed = text.replace('agents:\n  select: { role: worker }', 'agents:\n  select: { role: worker }\n  labels: { tier: back }').replace('options:\n  disable: [traefik]', 'options:\n  disable: [traefik, servicelb]')
    const file = site.spec('changed', changed)
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', file, '-o', 'json'])))
    const kinds = planned.phases.flatMap((phase) => phase.lines.map((line) => `${line.kind} ${line.host}`))
    expect(kinds.toSorted()).toEqual(['k3s.config one', 'k3s.config two', 'k3s.start one', 'k3s.start two'])
    await site.must(['apply', '-f', file, '--yes', '--wait'], { timeoutMs: 280_000 })
    expect(await one.readFile('/etc/rancher/k3s/config.yaml.d/50-drover.yaml')).toContain('servicelb')
    const labelled = await until('the label on the Node', async () => {
      const shown = await site.kubectl(join(site.place, 'home.yaml'), 'get', 'nodes', '-l', 'tier=back', '-o', 'name')
      return shown === '' ? null : shown
    })
    expect(labelled).toBe('node/two\n')
    expect((await site.drover(['apply', '-f', file])).stdout).toContain('Nothing to do')
    expect(await ledger()).toEqual([[1, 2], [0, 2]])
  })

  test('a host of a cluster is not removed, and a cluster is not deleted, by a slip', async () => {
    const removed = await site.drover(['remove', 'host', 'two', '--confirm', 'two'])
    expect(removed).toMatchObject({ code: 3, stderr: expect.stringMatching(/two belongs to cluster home[^]*Delete the cluster first/) as string })
    expect(await site.drover(['delete', 'cluster', 'home'])).toMatchObject({ code: 3, stderr: expect.stringContaining('--confirm home') as string })
    expect(await site.drover(['delete', 'cluster', 'home', '--confirm', 'hom'])).toMatchObject({ code: 3, stderr: expect.stringContaining('nothing was changed') as string })
    expect(await uninstall(two)).toMatchObject({ code: 3, stderr: expect.stringContaining('k3s') as string })
    expect((await site.must(['status', 'home']))).toContain('API up')
  })

  test('the deleted cluster leaves the hosts as they were, with what was theirs', async () => {
    await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], { timeoutMs: 280_000 })
    expect(await list(site, 'clusters', ClusterSchema)).toEqual([])
    const [last] = await list(site, 'runs', RunSchema)
    expect(last?.state).toBe('done')
    for (const host of [one, two]) {
      const left = difference(pictures.get(host)?.enrolled ?? [], await picture(host))
      expect(left.filter((line) => !isNodePassword(line))).toEqual([])
      expect(await host.must('ls /var/lib/drover')).not.toMatch(/claim|k3s|previous/)
    }
    expect(await one.readFile(OWN)).toBe('# mine\ndebug: false\n')
  })

  test('a removed host is refused from then on', async () => {
    await site.must(['remove', 'host', 'one', '--confirm', 'one'])
    const state = await until('the refusal', async () => {
      const shown = await one.must('cat /run/drover/agent-state.json')
      return shown.includes('"refused"') ? shown : null
    })
    expect(state).toContain('the host was removed: install again with a new line')
    expect(await site.must(['get', 'hosts', '-o', 'name'])).toBe('two\n')
  })

  test('the uninstalled agent leaves nothing', async () => {
    for (const host of [one, two]) {
      expect(await uninstall(host)).toMatchObject({ code: 0, stderr: '' })
      const left = difference(pictures.get(host)?.bare ?? [], await pictureOf(host))
      expect(left.filter((line) => !isNodePassword(line))).toEqual([])
    }
  })

  const uninstall = (host: Host) => host.sh(`curl -fsSk ${site.url}/install.sh -o /tmp/i.sh; sh /tmp/i.sh --uninstall; rm /tmp/i.sh`)
})
