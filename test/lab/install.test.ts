import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownArch, runtimeFor } from '../../scripts/package/runtime.ts'
import type { ExecResult } from './command.ts'
import type { Host } from './host.ts'
import { openDownloadSite, type DownloadSite, type Offer } from './install/download-site.ts'
import { openLab, type Lab } from './lab.ts'
import { skipOrFail } from './skip-or-fail.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = readFileSync(join(root, 'test/fixtures/install/agent.cjs'), 'utf8')
const KEY = `drvk1_${'a'.repeat(56)}`
const OTHER_KEY = `drvk1_${'b'.repeat(56)}`
const token = (word: string): string => `drvj1_abcdefghij_${word.padEnd(52, 'a')}_abcd`

// A shell that is called like Node where the installer's own work is looked at, not the sandbox.
const stubNode = Buffer.from('#!/bin/sh\ncase $1 in --version) echo v24 ;; *) echo \'{"state": "enrolled"}\' >/run/drover/agent-state.json; echo {} >/var/lib/drover/enrolment.json; exec sleep 100000 ;; esac\n')
const brokenNode = Buffer.from("#!/bin/sh\ncase $1 in --version) echo v24 ;; *) echo 'cannot go on' >&2; exit 7 ;; esac\n")

describe.skipIf(skipOrFail())('install.sh on real hosts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-install-'))
  let lab: Lab
  let site: DownloadSite
  let host: Host
  let bare: Host

  const stub = (version: string, over: Partial<Offer> = {}): Offer => ({ version, program: '', node: stubNode, compressions: ['xz', 'gz'], ...over })

  // the line as a person pastes it
  const paste = (on: Host, { arguments: more = '', key = KEY, pin = site.pin, word = 'good' } = {}): Promise<ExecResult> =>
    on.sh(`d=$(mktemp) && curl -fsSLk --pinnedpubkey '${pin}' ${site.url}/install.sh -o $d && printf %s ${token(word)} | sh $d --url ${site.url} --key ${key} ${more}`)

  const script = (on: Host, more: string, stdin = ''): Promise<ExecResult> =>
    on.sh(`curl -fsSk ${site.url}/install.sh -o /tmp/install.sh && sh /tmp/install.sh ${more}`, { stdin })

  // all that an installation touches, with modes and contents
  const traces = (on: Host): Promise<string> =>
    on.must(`for f in /opt /etc/drover /etc/systemd/system /var/lib/drover; do [ ! -e $f ] || find $f ! -type d -printf '%p %m %l\\n' -o -name '.*' -print; done | sort
      for f in /etc/drover/agent.json /var/lib/drover/enrolment.json; do [ ! -f $f ] || cat $f; done`)

  const pidOf = (on: Host): Promise<string> => on.must('systemctl show -p MainPID --value drover-agent')

  beforeAll(async () => {
    lab = await openLab({ name: `install-${String(process.pid)}`, hosts: [{ name: 'host' }, { name: 'bare', without: ['/usr/bin/xz'] }] })
    site = await openDownloadSite(lab, folder)
    host = lab.host('host')
    bare = lab.host('bare')
  })

  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  describe('with the Node that ships', () => {
    beforeAll(async () => {
      const { node } = runtimeFor(ownArch(), { root, cache: join(root, 'node_modules/.cache/drover-package') })
      await site.offer({ version: '1.0.0', program, node: readFileSync(node), compressions: ['gz'] })
    })

    test('the pasted line installs, enrols and says so', async () => {
      const { code, stdout, stderr } = await paste(host)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('Drover agent 1.0.0 will be installed on host')
      expect(stdout).toMatch(/this host's key +aaaa-bbbb-cccc-dddd\n +coordinator's key +1111-2222-3333-4444\nIt is enrolled/)
      expect(JSON.parse(await host.readFile('/etc/drover/agent.json'))).toEqual({ urls: [site.url], key: KEY, pin: site.pin })
      expect(await host.must('stat -c %a /etc/drover/agent.json /etc/drover /var/lib/drover; ls /var/lib/drover; systemctl is-enabled drover-agent')).toBe(
        '644\n755\n755\ncould\nenrolment.json\nenabled\n',
      )
    })

    test('the agent runs under its sandbox, lean, and cannot write outside its state', async () => {
      expect(JSON.parse(await host.readFile('/var/lib/drover/could'))).toEqual({ etc: false, usr: false, home: false, argv: ['--lite-mode', '--no-compilation-cache', '--single-threaded', '--expose-gc', '--disable-sigusr1', '--use-openssl-ca'] })
      const { stdout } = await host.sh('systemd-analyze security drover-agent.service --no-pager | tail -n 1')
      expect(Number(/: ([\d.]+) /.exec(stdout)?.[1])).toBeLessThanOrEqual(3.5)
    })

    test('a second run, without a token, changes nothing and lets the agent run', async () => {
      const before = [await traces(host), await pidOf(host)]
      const { code, stdout } = await script(host, `--url ${site.url} --key ${KEY}`)
      expect([code, stdout]).toEqual([0, expect.stringContaining('what is missing or changed will be put right')])
      expect(stdout).toContain('It was enrolled before: the line\'s token is not spent')
      expect([await traces(host), await pidOf(host)]).toEqual(before)
    })

    test('a run that was cut short leaves nothing that a second one stumbles over', async () => {
      await host.must('mkdir -p /opt/drover/releases/.new.cut && : >/opt/drover/releases/.new.cut/archive; rm /etc/systemd/system/drover-agent.service; systemctl daemon-reload')
      expect((await script(host, `--url ${site.url} --key ${KEY}`)).code).toBe(0)
      expect(await host.must('ls -A /opt/drover/releases | wc -l; systemctl is-active drover-agent')).toBe('1\nactive\n')
    })
  })

  describe('on a host that is enrolled', () => {
    test('an upgrade needs no token and keeps the release before', async () => {
      await site.offer(stub('1.1.0'))
      const { code, stdout } = await script(host, `--url ${site.url} --key ${KEY}`)
      expect([code, stdout]).toEqual([0, expect.stringContaining('1.0.0 on host')])
      expect(await host.must('cat /opt/drover/current/VERSION; ls /opt/drover/releases | cut -d- -f1')).toBe('1.1.0\n1.0.0\n1.1.0\n')
    })

    test('an upgrade that was killed before the restart is finished by the next run', async () => {
      await site.offer(stub('1.1.1'))
      const before = await pidOf(host)
      await host.must("mkdir /tmp/bad; printf '#!/bin/sh\\nif [ \"$1\" = daemon-reload ]; then kill -9 $PPID; fi\\nexec /usr/bin/systemctl \"$@\"\\n' >/tmp/bad/systemctl; chmod +x /tmp/bad/systemctl")
      expect((await host.sh(`curl -fsSk ${site.url}/install.sh -o /tmp/install.sh && PATH=/tmp/bad:$PATH sh /tmp/install.sh --url ${site.url} --key ${KEY}`)).code).not.toBe(0)
      expect(await host.must('rm -r /tmp/bad; cat /opt/drover/current/VERSION')).toBe('1.1.1\n')
      expect(await pidOf(host)).toBe(before)
      expect((await script(host, `--url ${site.url} --key ${KEY}`)).code).toBe(0)
      const after = await pidOf(host)
      expect(after).not.toBe(before)
      expect((await script(host, `--url ${site.url} --key ${KEY}`)).code).toBe(0)
      expect(await pidOf(host)).toBe(after)
      await site.offer(stub('1.1.0'))
      expect((await script(host, `--url ${site.url} --key ${KEY}`)).code).toBe(0)
    })

    test('a release that does not run is taken back', async () => {
      await site.offer(stub('1.2.0', { node: brokenNode }))
      const { code, stderr } = await script(host, `--url ${site.url} --key ${KEY}`)
      expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot go on[^]*went back to the release before \(1\.1\.0\)/)])
      expect(await host.must('cat /opt/drover/current/VERSION; systemctl is-active drover-agent')).toBe('1.1.0\nactive\n')
    })

    test('a line of another coordinator is refused, and --re-enrol must be confirmed', async () => {
      await site.offer(stub('1.1.0'))
      const before = await traces(host)
      expect(await paste(host, { key: OTHER_KEY })).toMatchObject({ code: 3, stderr: expect.stringContaining(`enrolled with another coordinator (${site.url})`) as string })
      expect(await paste(host, { key: OTHER_KEY, arguments: '--re-enrol' })).toMatchObject({ code: 3, stderr: expect.stringContaining('--yes') as string })
      await host.must('echo {} >/var/lib/drover/claim.json')
      expect(await paste(host, { key: OTHER_KEY, arguments: '--re-enrol --yes' })).toMatchObject({ code: 3, stderr: expect.stringContaining('manages k3s') as string })
      await host.must('rm /var/lib/drover/claim.json')
      expect(await traces(host)).toBe(before)
    })

    test('--re-enrol sets the old identity aside and enrols anew', async () => {
      await host.must('mkdir -p /var/lib/drover/keys && echo old >/var/lib/drover/keys/node.key')
      expect((await paste(host, { key: OTHER_KEY, arguments: '--re-enrol --yes' })).code).toBe(0)
      expect(await host.must('cat /var/lib/drover/keys.before-*/node.key; ls /var/lib/drover/enrolment.json')).toBe('old\n/var/lib/drover/enrolment.json\n')
      expect(JSON.parse(await host.readFile('/etc/drover/agent.json'))).toMatchObject({ key: OTHER_KEY })
    })

    test('--uninstall is refused while k3s is managed, and leaves nothing behind after', async () => {
      await host.must('echo {} >/var/lib/drover/claim.json; mkdir -p /var/lib/drover/import; echo mine >/var/lib/drover/import/k3s; echo {} >/etc/drover/policy.json')
      expect(await script(host, '--uninstall')).toMatchObject({ code: 3, stderr: expect.stringContaining('--keep-k3s') as string })
      await host.must('systemd-run --quiet --unit=drover-step-ord-a-1 sleep 1000')
      expect(await script(host, '--uninstall --keep-k3s')).toMatchObject({ code: 3, stderr: expect.stringContaining('a step is running (drover-step-ord-a-1.service )') as string })
      await host.must('systemctl is-active drover-agent && systemctl stop drover-step-ord-a-1')
      // Without the coordinator: by the copy that came with the agent.
      const { code, stdout } = await host.sh('sh /opt/drover/current/install.sh --uninstall --keep-k3s')
      expect([code, stdout]).toEqual([0, expect.stringMatching(/k3s stays[^]*yours: \/var\/lib\/drover\/import[^]*yours: \/etc\/drover\n/)])
      expect(await host.must('find /opt /etc/drover /var/lib/drover -type f; ls /run/drover* /etc/systemd/system/*drover* 2>/dev/null | grep -v lock || true')).toBe(
        '/etc/drover/policy.json\n/var/lib/drover/import/k3s\n',
      )
      await host.must('rm -r /etc/drover /var/lib/drover')
      expect(await script(host, '--uninstall')).toMatchObject({ code: 0, stdout: 'There is no Drover agent on this host.\n' })
    })
  })

  describe('before it changes anything', () => {
    let untouched = ''
    beforeAll(async () => {
      await site.offer(stub('2.0.0'))
      untouched = await traces(bare)
    })

    const LINE = (): string => `--url ${site.url} --key ${KEY}`
    test.each<[fault: string, answer: { code: number; said: string }, given: { line: () => string; stdin: string }]>([
      ['no token', { code: 2, said: 'no token' }, { line: (): string => LINE(), stdin: '' }],
      ['a k3s token', { code: 2, said: 'rotate it' }, { line: (): string => LINE(), stdin: 'K10abc::server:123' }],
      ['something else', { code: 2, said: 'not a join token' }, { line: (): string => LINE(), stdin: 'hello' }],
      ['a key that is not whole', { code: 2, said: 'not whole' }, { line: (): string => LINE().slice(0, -1), stdin: token('good') }],
      ['no TLS', { code: 2, said: 'https://' }, { line: (): string => `--url http://10.0.0.2:8443 --key ${KEY}`, stdin: token('good') }],
      ['an address with a quote', { code: 2, said: 'not the address' }, { line: (): string => `--url 'https://a"b' --key ${KEY}`, stdin: token('good') }],
      ['an unknown argument', { code: 2, said: 'unknown argument' }, { line: (): string => `${LINE()} --force`, stdin: token('good') }],
      ['another certificate', { code: 1, said: 'another certificate' }, { line: (): string => `${LINE()} --pin sha256//${'A'.repeat(43)}=`, stdin: token('good') }],
      ['nobody there', { code: 1, said: 'could not be fetched' }, { line: (): string => `--url https://${lab.admin.address}:1 --key ${KEY}`, stdin: token('good') }],
    ])('refuses %s', async (_, { code, said }, { line, stdin }) => {
      expect(await script(bare, line(), stdin)).toMatchObject({ code, stderr: expect.stringContaining(said) as string })
      expect(await traces(bare)).toBe(untouched)
    })

    test('names everything that is wrong with the host at once', async () => {
      await bare.must('mount -t tmpfs -o size=20m none /opt; mount -o bind /etc/systemd/system /etc/systemd/system; mount -o remount,bind,ro /etc/systemd/system; mv /usr/bin/ip /usr/bin/ip.away; mv /bin/gzip /bin/gzip.away')
      const { code, stderr } = await script(bare, LINE(), token('good'))
      await bare.must('mv /usr/bin/ip.away /usr/bin/ip; mv /bin/gzip.away /bin/gzip; umount /opt /etc/systemd/system')
      expect(code).toBe(1)
      for (const fault of ['room for 20 MB', '/etc/systemd/system cannot be written to', 'ip is missing (package iproute2)', 'neither xz nor gzip']) expect(stderr).toContain(fault)
      expect(await traces(bare)).toBe(untouched)
    })

    test('refuses an archive that is not the one the script names', async () => {
      site.spoil()
      expect(await script(bare, LINE(), token('good'))).toMatchObject({ code: 1, stderr: expect.stringContaining('wrong SHA-256') as string })
      await site.offer(stub('2.0.0'))
      expect(await traces(bare)).toBe(untouched)
    })

    test('does nothing when only half of it arrived, and nothing without root', async () => {
      await bare.must(`curl -fsSk ${site.url}/install.sh -o /tmp/whole.sh; head -c -12 /tmp/whole.sh >/tmp/half.sh; chmod a+r /tmp/whole.sh`)
      expect(await bare.sh(`sh /tmp/half.sh ${LINE()}`, { stdin: token('good') })).toMatchObject({ code: 0, stdout: '', stderr: '' })
      expect(await bare.sh(`runuser -u nobody -- sh /tmp/whole.sh ${LINE()}`, { stdin: token('good') })).toMatchObject({ code: 1, stderr: expect.stringContaining('no sudo here') as string })
      expect(await traces(bare)).toBe(untouched)
    })
  })

  test('a host without xz takes the gzip archive, one with xz the smaller one', async () => {
    await site.offer(stub('2.0.0'))
    expect(await paste(bare)).toMatchObject({ code: 0, stdout: expect.stringContaining(' gz).') as string })
    expect(await paste(host)).toMatchObject({ code: 0, stdout: expect.stringContaining(' xz).') as string })
  })

  test('tells what the coordinator answered', async () => {
    const node = Buffer.from(`#!/bin/sh\ncase $1 in --version) exit ;; esac\nword=refused; grep -q pending /var/lib/drover/join-token && word=pending\necho "{\\"state\\": \\"$word\\", \\"message\\": \\"the token was used up\\", \\"name\\": \\"edge-01\\"}" >/run/drover/agent-state.json\nexec sleep 100000\n`)
    await site.offer(stub('3.0.0', { node }))
    for (const on of [host, bare]) expect((await script(on, '--uninstall')).code).toBe(0)
    expect(await paste(host, { word: 'pending' })).toMatchObject({ code: 0, stdout: expect.stringContaining('drover approve host edge-01') as string })
    expect(await paste(bare, { word: 'used' })).toMatchObject({ code: 3, stderr: expect.stringContaining('this host was refused: the token was used up') as string })
    await bare.must('echo {} >/var/lib/drover/enrolment.json')
    expect(await paste(bare, { word: 'used' })).toMatchObject({ code: 3, stderr: expect.stringContaining('paste a new line with --re-enrol at its end') as string })
  })
})
