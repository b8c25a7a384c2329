import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { HostSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecResult } from './command.ts'
import { ledgerOf } from './drover/ledger-of.ts'
import { journalsOf } from './drover/moments.ts'
import { difference, pictureOf } from './drover/picture.ts'
import { list, openSite, showHost, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

/** A spec of one server; what differs from case to case is given. */
const specOf = ({ cluster = 'home', k3s = 'version: VERSION', server = 'one' }): string =>
  `cluster: ${cluster}\nk3s: { ${k3s} }\nservers: { names: [${server}] }\nnetwork: { node: 10.0.0.0/24 }\n`
const REMEDY = 'drover: the forecast has fatal findings; nothing was changed\nMend what they name, then plan again.\n'
const WRONG = 'b'.repeat(64)

// the stand-in alone: what is told here is told before or instead of a start of k3s
describe.skipIf(skipOrFail() || (process.env['K3S_BIN'] ?? '') !== '')('bad input and faults', () => {
  let site: Site
  let one: Host
  let two: Host
  let sha256 = ''

  beforeAll(async () => {
    site = await openSite({ name: 'faults', hosts: { one: 'server', two: 'worker' } })
    one = site.lab.host('one')
    two = site.lab.host('two')
    sha256 = createHash('sha256').update(readFileSync(site.k3s.path)).digest('hex')
  })
  afterAll(() => site.close())

  const planned = (about: Parameters<typeof specOf>[0]) => site.drover(['plan', '-f', site.spec('fault', specOf(about))])
  const applied = (about: Parameters<typeof specOf>[0]) => site.drover(['apply', '-f', site.spec('fault', specOf(about)), '--yes', '--wait'], { timeoutMs: 200_000 })
  const picture = (): ReturnType<typeof pictureOf> => pictureOf(one, { without: ['/var/lib/drover', '/etc/drover'] })
  /** What stays of a host: units that come and go by themselves, as the inventory's, are left out. */
  const quiet = async (): Promise<string[]> => (await picture()).filter((line) => !/^unit (?:run-|drover-step-)|^process |^service (?:run-|drover-step-)|^unit k3s/.test(line))
  const idIn = (text: string, prefix: string): string => new RegExp(`${prefix}-[a-z2-7]{16}`).exec(text)?.[0] ?? `no ${prefix} in ${text}`
  /** Does something, and gives what of host one is otherwise afterwards. */
  const changesOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const before = await quiet()
    await work()
    return difference(before, await quiet())
  }
  const forget = (cluster: string): Promise<string> => site.must(['delete', 'cluster', cluster, '--confirm', cluster, '--wait'], { timeoutMs: 200_000 })

  describe('said by the forecast', () => {
    const CASES = [
      ['a host that nobody knows', { server: 'ghost' }, 'no host is called ghost'],
      ['a version with no known hash', { k3s: 'version: v1.35.1+k3s1' }, 'no SHA-256 is known for k3s v1.35.1+k3s1 on amd64'],
      ['a hash that the cache does not hold', { k3s: `version: VERSION, origin: cache, sha256: { amd64: ${WRONG} }` }, 'no SHA-256 is known for k3s v1.36.2+k3s1 on amd64'],
    ] as const
    test.each(CASES)('%s', async (_what, about, finding) => {
      const said: string[] = []
      expect(await changesOf(async () => {
        for (const done of [await planned(about), await applied(about)]) said.push(`${String(done.code)} ${done.stdout}${done.stderr}`)
      })).toEqual([])
      for (const one of said) expect(one).toMatch(new RegExp(`^3 Cluster home[^]*FATAL  ${finding.replaceAll('+', '\\+')}[^]*${REMEDY}$`))
      expect(await site.must(['get', 'clusters', '-o', 'name'])).toBe('')
    })

    const HOST_CASES = [
      {
        what: 'a used port',
        spoil: 'systemd-run -q --unit=holder /opt/drover/current/node -e "require(\'node:net\').createServer().listen(6443)"; until ss -Hltn sport = :6443 | grep -q .; do sleep 0.1; done',
        mend: 'systemctl stop holder',
        finding: 'one: tcp/6443 \\(node\\) is in use',
      },
      { what: 'a disk without room', spoil: 'mount -t tmpfs -o size=300m tmpfs /var/lib/rancher', mend: 'umount -l /var/lib/rancher', finding: 'one has 300 MB free for k3s, 2048 MB are needed' },
      {
        what: 'an upstream k3s',
        spoil: 'printf "#!/bin/sh\\n" >/usr/local/bin/k3s; printf "[Unit]\\nDescription=Lightweight Kubernetes\\n[Service]\\nExecStart=/usr/local/bin/k3s server\\n" >/etc/systemd/system/k3s.service',
        mend: 'rm /usr/local/bin/k3s /etc/systemd/system/k3s.service',
        finding: 'one has a k3s that Drover did not install: /usr/local/bin/k3s, /etc/systemd/system/k3s.service',
      },
    ] as const
    test.each(HOST_CASES)('$what, and no longer once it is mended', async ({ spoil, mend, finding }) => {
      await one.must(spoil)
      const said: string[] = []
      expect(await changesOf(async () => {
        const done = await applied({})
        said.push(`${String(done.code)} ${done.stdout}${done.stderr}`)
      })).toEqual([])
      expect(said[0]).toMatch(new RegExp(`^3 Cluster home[^]*FATAL  ${finding}[^]*${REMEDY}$`))
      await one.must(mend)
      expect(await planned({})).toMatchObject({ code: 0, stdout: expect.not.stringContaining('FATAL') as string })
    })
  })

  describe('said by the host', () => {
    /** Does something that fails; the host is as it was, and so it is after the deletion. */
    const failing = async (work: () => Promise<ExecResult>): Promise<string> => {
      const before = await quiet()
      const { code, stdout, stderr } = await work()
      expect(difference(before, await quiet())).toEqual([])
      expect(ledgerOf(one)).toEqual([])
      const status = await site.must(['status', 'home'])
      await forget('home')
      expect(difference(before, await quiet())).toEqual([])
      return `${String(code)} ${stdout}${stderr}\n${status}`
    }

    test('a file of the cache that is not what it was: the hash tells', async () => {
      const file = join(site.place, 'coordinator', 'artifacts', sha256)
      const good = readFileSync(file)
      appendFileSync(file, '\n')
      const said = await failing(() => applied({ k3s: 'version: VERSION, origin: cache' })).finally(() => writeFileSync(file, good))
      expect(said).toMatch(/^3 [^]*drover: run run-[a-z2-7]{16} is asking: .*k3s from 10\.0\.0\.2:8443 has another SHA-256 than was ordered\nSee it with drover status home; go on with drover retry run-/)
      expect(said).toContain('Correct the hash in the spec, or replace the file at the origin.')
    })

    test('a hash of the spec that no file of the import folder has', async () => {
      await one.writeFile('/var/lib/drover/import/k3s', readFileSync(site.k3s.path))
      const said = await failing(() => applied({ k3s: `version: VERSION, origin: file, sha256: { amd64: ${WRONG} }` }))
      expect(said).toMatch(/^3 [^]*is asking: .*no file in \/var\/lib\/drover\/import has the SHA-256 b{64}\nSee it with/)
    })

    test('a disk that runs full after the approval was asked for', async () => {
      const shown = await site.drover(['apply', '-f', site.spec('fault', specOf({}))])
      await one.must('mount -t tmpfs -o size=300m tmpfs /var/lib/rancher')
      const asked = await site.drover(['approve', idIn(shown.stderr, 'fc'), '--wait'], { timeoutMs: 200_000 })
      expect(await one.sh('ls /usr/local/bin/k3s')).toMatchObject({ stdout: '' })
      await one.must('umount -l /var/lib/rancher')
      await forget('home')
      expect(asked).toMatchObject({ code: 3, stderr: expect.stringMatching(/is asking: .*(?:MiB free at .*; 1024 MiB are needed|300 MB free for k3s, 2048 MB are needed)\nSee it/) as string })
    })
  })

  describe('one host, two clusters, its own policy and the import folder', () => {
    const fromFile = (): Parameters<typeof specOf>[0] => ({ k3s: `version: VERSION, origin: file, sha256: { amd64: ${sha256} }, images: { amd64: [{ name: extra.tar, sha256: ${hashOf('an image')} }] }` })
    let run = ''
    let other = ''

    test('VETO stops everything, and says so', async () => {
      await one.writeFile('/var/lib/drover/import/images-of-any-name', 'an image')
      await one.must('touch /etc/drover/VETO')
      const asked = await site.drover(['apply', '-f', site.spec('other', specOf({ cluster: 'other' }))])
      other = idIn(asked.stderr, 'fc')
      let said = ''
      expect(await changesOf(async () => {
        const done = await applied(fromFile())
        said = `${String(done.code)} ${done.stdout}${done.stderr}`
      })).toEqual([])
      run = idIn(said, 'run')
      expect(said).toMatch(/^3 [^]*is asking: .*\/etc\/drover\/VETO is there\nSee it with/)
      expect(await site.must(['status', 'home'])).toContain('Remove the file on the host, then `drover retry`.')
    })

    test('a host that is promised is not promised twice', async () => {
      expect(await site.drover(['approve', other])).toMatchObject({ code: 3, stderr: expect.stringMatching(/one was given to cluster home meanwhile[^]*Plan again/) as string })
      expect(await planned({ cluster: 'other' })).toMatchObject({ code: 3, stdout: expect.stringContaining('FATAL  one belongs to cluster home') as string, stderr: REMEDY })
      expect(await site.must(['get', 'clusters', '-o', 'name'])).toBe('home\n')
    })

    test('a kind that the policy denies is refused, the others are carried out', async () => {
      await one.writeFile('/etc/drover/policy.json', JSON.stringify({ version: 1, deny_types: ['k3s.start'] }))
      await one.must('rm /etc/drover/VETO')
      const done = await site.drover(['retry', run, '--wait'], { timeoutMs: 200_000 })
      expect(done).toMatchObject({ code: 3, stderr: expect.stringContaining('/etc/drover/policy.json: deny_types holds k3s.start') as string })
      expect(await site.must(['status', 'home'])).toContain('Change /etc/drover/policy.json on the host.')
      expect(ledgerOf(one)).toEqual([])
      expect(await one.sh('systemctl is-enabled k3s')).toMatchObject({ stdout: 'disabled\n' })
    })

    test('without them the same run goes on to its end, from the import folder alone', async () => {
      await one.must('rm /etc/drover/policy.json')
      await site.must(['retry', run, '--wait'], { timeoutMs: 200_000 })
      expect(await site.must(['status', 'home'])).toMatch(/^one +server +.*connected +active +ready/m)
      const install = journalsOf(one, 0).filter(({ kind }) => kind === 'binary.install').at(-1)
      expect(install?.records.find(({ type }) => type === 'DONE')).toMatchObject({ result: { from: 'file' } })
      expect(await one.readFile('/var/lib/rancher/k3s/agent/images/extra.tar')).toBe('an image')
      expect(ledgerOf(one).filter(({ event }) => event === 'start')).toHaveLength(1)
      await forget('home')
    })
  })

  describe('who is who', () => {
    test('a host of a cloned template is a host of its own, and told of', async () => {
      const twin = await site.lab.addHost({ name: 'twin', machineId: two.machineId })
      await site.join(twin)
      expect(await site.must(['describe', 'host', 'twin'])).toContain('twin has the machine-id of two: a cloned template; give it its own with systemd-machine-id-setup')
      expect((await showHost(site, 'twin')).id).not.toBe((await showHost(site, 'two')).id)
    })

    test('a host is replaced only where it is away', async () => {
      expect(await site.drover(['install-line', '--replace', 'two'])).toMatchObject({ code: 3, stderr: expect.stringContaining('two is connected: it was not reinstalled') as string })
      expect(await site.drover(['install-line', '--replace', 'ghost'])).toMatchObject({ code: 1, stderr: expect.stringContaining('List what exists with `drover get`.') as string })
    })

    test('a reinstalled host takes its name and labels back, and the old one is refused', async () => {
      const before = await showHost(site, 'two')
      const mac = (await two.must('cat /sys/class/net/eth0/address')).trim()
      await two.shutdown()
      await until('two to be away', async () => ((await showHost(site, 'two')).online ? null : true), { limitMs: 90_000 })
      const fresh = await site.lab.addHost({ name: 'fresh', machineId: two.machineId, nics: [{ bridge: 'br0', mac }] })
      await site.join(fresh)
      expect(await site.must(['describe', 'host', 'fresh'])).toContain('fresh looks like two reinstalled: use install-line --replace two')
      await fresh.must(`curl -fsSk ${site.url}/install.sh -o /root/i.sh; sh /root/i.sh --uninstall`)
      await site.must(['remove', 'host', 'fresh', '--confirm', 'fresh'])
      await site.join(fresh, '--replace', 'two')
      const after = await showHost(site, 'two')
      expect(after).toMatchObject({ labels: { role: 'worker' }, state: 'active', online: true, findings: [{ code: 'host.same-machine' }] })
      expect(after.id).not.toBe(before.id)
      await fresh.powerCut()
      await two.boot()
      await until('the old one to be refused', async () => ((await two.must('cat /run/drover/agent-state.json || true')).includes('the host was removed') ? true : null))
      expect((await list(site, 'hosts', HostSchema)).map(({ name }) => name).toSorted()).toEqual(['one', 'twin', 'two'])
    })
  })
})

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
