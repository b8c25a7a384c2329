import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeIo, type FakeIo, type FakeIoOptions, inTurn } from '@drover/test/kit/cli/fake-io.ts'
import { ASKING, CLUSTER, DONE, FORECAST, HOST, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { CliError } from './cli-error.ts'
import { buildProgram, runCli } from './program.ts'

// Waits for later surfaces: coordinator keys and URLs as flags (9 in part, 10), --debug (12), --timeout (15), a clock that is a
// year off (25). Arguments of a shell's environment (20, 21, 27, 28) reach nothing here: no proxy, no locale and no file of the
// working folder is read.
const run = async (argv: readonly string[], options: FakeIoOptions = {}): Promise<FakeIo & { code: number }> => {
  const io = createFakeIo(options)
  return Object.assign(io, { code: await runCli(argv, io) })
}

const world = {} as { folder: string }
const SPEC = 'cluster: home\n'
beforeAll(() => {
  world.folder = mkdtempSync(join(tmpdir(), 'drover-cli-'))
  writeFileSync(join(world.folder, 'spec.yaml'), SPEC)
  writeFileSync(join(world.folder, 'empty.yaml'), '\n')
  writeFileSync(join(world.folder, 'large.yaml'), '')
  truncateSync(join(world.folder, 'large.yaml'), 1_073_741_824)
  symlinkSync('loop.yaml', join(world.folder, 'loop.yaml'))
  execFileSync('mkfifo', [join(world.folder, 'fifo.yaml')])
})
afterAll(() => rmSync(world.folder, { recursive: true, force: true }))
const file = (name: string): string => (name.startsWith('/') ? name : join(world.folder, name))

const HOSTILE = ['--all', '$(reboot)', '`id`', ';rm -rf /', 'a\nb', 'A', '..', 'a'.repeat(100), '']

describe('what is not a command line of ours ends with 2, on standard error, and nothing is asked', () => {
  const cases: readonly (readonly string[])[] = [
    [],
    ['gett'], ['ge'], ['get'], ['get', 'everything'], ['get', 'hosts', 'more'],
    ['get', 'hosts', '--wide'], ['get', 'hosts', '-o'], ['get', 'hosts', '-o', 'xml'], ['get', 'hosts', '--output='],
    ['get', 'hosts', '-o', 'json', '-o', 'yaml'], ['logs', 'node-1', '--unit', 'k3s', '--unit', 'k3s-agent'],
    ['get', '--', '--hosts'],
    ...['describe host', 'describe cluster', 'logs', 'status', 'kubeconfig', 'remove host', 'remove token', 'delete cluster', 'approve host', 'snapshot now', 'restore', 'get snapshots'].flatMap((verb) =>
      HOSTILE.map((name) => [...verb.split(' '), name]),
    ),
    ['remove', 'token', 'node-1'], ['approve', 'fc-1'], ['approve', 'host'], ['approve', IDS.forecast, 'node-1'], ['approve', 'host', 'node-1', '--wait'], ['status', '--watch', '-o', 'json'], ['cancel', 'run-1'], ['retry', '../runs'],
    ['snapshot', 'home'], ['snapshot', 'now'], ['snapshot', 'now', 'home', 'name'], ['snapshot', 'delete', 'home'], ['snapshot', 'delete', 'home', '../x'], ['restore', 'home'],
    ['restore', 'home', '--latest', '--snapshot', 'x'], ['restore', 'home', '--snapshot', '..'], ['get', 'hosts', 'home'],
    ['status', '-o', 'yaml'], ['plan', '-f', 'x', '-o', 'wide'],
    ...['0', '-1', '1e9', '5 minutes', 'NaN', '', '1.5', '1001'].map((count) => ['install-line', '--count', count]),
    ...['0', '-1m', '1e9', '5 minutes', 'NaN', '31d', '2d', '30'].map((time) => ['install-line', '--for', time]),
    ['install-line', '--cidr', '10.0.0.0/33'], ['install-line', '--label', 'nothing'], ['install-line', '--label', 'a=b c'], ['install-line', '--role', 'king'],
    ...['0', '-1', '1000', 'all', ''].map((lines) => ['logs', 'node-1', '-n', lines]),
    ...['10.0.0.1:8443', 'https://me:secret@10.0.0.1', 'ftp://10.0.0.1', 'https://fd00::1:8443', 'https://10.0.0.1 ', 'http://10.0.0.1', `https://${'a'.repeat(10_240)}`, 'https://a/b', 'https://a?b'].map((url) => ['init', '--advertise', url]),
    ['init'], ['artifacts', 'import', '/etc/hostname'], ['artifacts', 'import', '/etc/hostname', '--version', 'latest'], ['artifacts', 'drop', 'x', '--version', 'v1.36.2+k3s1'],
    ['artifacts', 'import', '/nowhere', '--version', 'v1.36.2+k3s1'], ['completion', 'tcsh'],
    ['artifacts', 'import', '/etc/hostname', '--version', 'v1.36.2+k3s1'], ['artifacts', 'import', '/etc/hostname', '--version', 'v1.36.2+k3s1', '--kind', 'images'],
  ]
  it.each(cases.map((argv) => ({ argv, name: JSON.stringify(argv).slice(0, 90) })))('$name', async ({ argv }) => {
    const { code, sent, said } = await run(argv)
    expect({ code, sent, out: said.out }).toEqual({ code: 2, sent: [], out: '' })
    expect(said.err).not.toBe('')
  })

  it.each(['nothing.yaml', '/', '/dev/zero', 'fifo.yaml', 'loop.yaml', 'large.yaml', 'empty.yaml', '-'])('a spec that is %s', async (name) => {
    const { code, sent } = await run(['plan', '-f', name === '-' ? name : file(name)])
    expect([code, sent]).toEqual([2, []])
  })

  it('a token among the arguments, which is not repeated', async () => {
    const secret = `drvp1_${'a'.repeat(10)}_${'b'.repeat(52)}_cccc`
    for (const argv of [['login', '--token', secret], ['login', `--token=${secret}`], ['get', secret]]) {
      const { code, said } = await run(argv)
      expect([code, said.err.includes(secret), said.err.includes('drover login')]).toEqual([2, false, true])
    }
  })

  it('suggests what was meant', async () => {
    expect((await run(['gett'])).said.err).toContain('Did you mean get?')
    expect((await run(['get', 'hosts', '--outptu', 'json'])).said.err).toContain('--output')
  })
})

describe('help', () => {
  it('is there for every command, and ends with 0', async () => {
    for (const command of ['', ...buildProgram(createFakeIo()).commands.map((one) => one.name())]) {
      const { code, said, sent } = await run([...(command === '' ? [] : [command]), '--help'])
      expect({ command, code, sent, usage: said.out.startsWith('Usage: drover') }).toEqual({ command, code: 0, sent: [], usage: true })
    }
    expect((await run(['describe', 'host', '-h'])).code).toBe(0)
    expect((await run(['--version'])).code).toBe(0)
  })
})

describe('lists', () => {
  const answers = { 'GET /api/v1/hosts': [HOST], 'GET /api/v1/clusters': [CLUSTER], 'GET /api/v1/runs': [RUN], 'GET /api/v1/tokens': [], 'GET /api/v1/artifacts': [] }

  it('of hosts, clusters and runs are tables', async () => {
    expect((await run(['get', 'hosts'], { answers })).said.out).toMatchInlineSnapshot(`
      "NAME    STATE   AGENT      CLUSTER  ROLE    NODE   ADDRESS    CPUS  MEMORY
      node-1  active  connected  home     server  ready  10.0.0.11  4     8192 MB
      "
    `)
    expect((await run(['get', 'clusters'], { answers })).said.out).toMatchInlineSnapshot(`
      "NAME  API  SERVERS  AGENTS  READY  VERSION       RUN                   AGE
      home  up   1        0       1/1    v1.36.2+k3s1  run-aaaaaaaaaaaaaaaa  24 h
      "
    `)
    expect((await run(['get', 'runs'], { answers })).said.out).toMatchInlineSnapshot(`
      "ID                    CLUSTER  STATE    STEPS  STARTED   TOOK
      run-aaaaaaaaaaaaaaaa  home     running  1/6    60 s ago  60 s
      "
    `)
  })

  it('tell what to do where they are empty', async () => {
    for (const what of ['tokens', 'artifacts']) expect((await run(['get', what], { answers })).said.out).toMatch(/^No |^The cache is empty/)
  })

  it('are whole as JSON and YAML, and names alone on wish', async () => {
    for (const what of ['hosts', 'clusters', 'runs', 'tokens', 'artifacts']) expect(JSON.parse((await run(['get', what, '-o', 'json'], { answers })).said.out)).toHaveProperty('length')
    expect((await run(['get', 'hosts', '-o', 'name'], { answers })).said.out).toBe('node-1\n')
    expect((await run(['get', 'hosts', '-o', 'yaml'], { answers })).said.out).toContain('name: node-1')
    expect((await run(['get', 'hosts', '-o', 'wide'], { answers })).said.out).toContain('10.0.0.254 on eth0')
  })

  it('pass nothing of a host to the terminal that it would act on', async () => {
    const nasty = 'x\u001b]52;c;ZXZpbA==\u0007\u001b[31m\u202e\u200b\u009b31m'
    const bad = { ...HOST, address: nasty, labels: { role: 'server' }, findings: [{ code: 'host.offline', args: { host: nasty } }], inventory: { ...HOST.inventory, network: undefined } }
    const clean = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/
    for (const form of ['table', 'wide', 'json', 'yaml', 'name']) {
      expect((await run(['get', 'hosts', '-o', form], { answers: { 'GET /api/v1/hosts': [bad] } })).said.out).not.toMatch(clean)
    }
    expect((await run(['describe', 'host', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1': bad } })).said.out).not.toMatch(clean)
    const lines = { host: 'node-1', unit: 'k3s', lines: [nasty, 'second'] }
    expect((await run(['logs', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1/logs?unit=drover-agent&lines=200': lines } })).said.out).not.toMatch(clean)
    const error = new CliError(1, nasty, { remedy: nasty, faults: [{ path: nasty, line: 1, column: 2, value: nasty, reason: nasty, nearest: nasty }] })
    expect((await run(['get', 'hosts'], { answers: { 'GET /api/v1/hosts': error } })).said.err).not.toMatch(clean)
  })
})

describe('one thing', () => {
  it('is described with the age of each fact', async () => {
    expect((await run(['describe', 'host', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1': HOST } })).said.out).toMatchInlineSnapshot(`
      "Host node-1   active   connected   from 10.0.0.11
        id h-aaaaaaaaaaaaaaaa   key SHA256:abc   agent 0.1.0   enrolled 2 h ago
        cluster home   role server   node ready   clock 3 ms
        labels role=server

      k3s (4 s ago)
        active   v1.36.2+k3s1

      Firewall (4 s ago)
        on, rules ffffffffffff, put back 1 time

      Hardware (60 s ago)
        QEMU Standard PC (virtual)   BIOS SeaBIOS 1
        Debian 12, kernel 6.1, amd64
        4 CPUs Test, 8192 MB of memory
        disk /dev/vda SSD 40000 MB VIRTIO

      Network (60 s ago)
        eth0 up 52:54:00:00:00:01 mtu 1500 hardware: 10.0.0.11/24
        default route: 10.0.0.254 on eth0   evidence: default via 10.0.0.254 dev eth0

      State (17 min ago, STALE: nothing is planned on it)
        -
      "
    `)
  })

  it('has a status in which every wait is explained', async () => {
    const answers = { 'GET /api/v1/clusters/home': CLUSTER, 'GET /api/v1/clusters': [CLUSTER], [`GET /api/v1/runs/${IDS.run}`]: RUN }
    expect((await run(['status', 'home'], { answers })).said.out).toMatchInlineSnapshot(`
      "Cluster home   API up   https://10.0.0.11:6443   revision 1

      HOST    ROLE    ADDRESS    AGENT      K3S     NODE   FIREWALL  VERSION       SEEN
      node-1  server  10.0.0.11  connected  active  ready  on        v1.36.2+k3s1  4 s ago

      Run run-aaaaaaaaaaaaaaaa   running   1 of 6 steps   60 s
        node-2  install k3s v1.36.2+k3s1 from release  applying, 40 s: fetched 12 MB
        WAIT node-2: kubelet not Ready, 4 s, ends when Ready, gives up at 5 min
      "
    `)
    expect(JSON.parse((await run(['status', '-o', 'json'], { answers })).said.out)).toHaveLength(1)
  })
})

const PLAN = 'POST /api/v1/clusters/home/forecast'
const APPROVE = `POST /api/v1/forecasts/${IDS.forecast}/approve`
const READ = `GET /api/v1/runs/${IDS.run}`

describe('plan and apply', () => {
  it('show who becomes what, every step, unit and wait', async () => {
    const { code, said, bodies } = await run(['plan', '-f', file('spec.yaml')], { answers: { [PLAN]: FORECAST } })
    expect([code, bodies]).toEqual([0, [{ spec: SPEC }]])
    expect(said.out).toMatchInlineSnapshot(`
      "Cluster home

      HOST    ROLE    ADDRESS    INTERFACE
      node-1  server  10.0.0.11  eth0

      Steps
        1  start k3s server of cluster home   node-1   why: node-1 has no k3s, the spec names v1.36.2+k3s1
             changed unit k3s.service
           WAIT node-2: kubelet not Ready, ends when Ready, gives up at 5 min
             then: 1 server, tolerates 0 failures

      If a step fails it is undone and tried again, at most 3 times.

      Approve it with: drover approve fc-aaaaaaaaaaaaaaaa
      "
    `)
  })

  it('ask, and end with 3 where nobody says yes', async () => {
    for (const typed of [null, '', 'n', 'yesterday']) {
      const { code, sent, said } = await run(['apply', '-f', file('spec.yaml')], { answers: { [PLAN]: FORECAST }, typed })
      expect([code, sent]).toEqual([3, [PLAN]])
      expect(said.err).toContain(`drover approve ${IDS.forecast}`)
    }
  })

  it('approve the hash that was shown, and end without waiting in a pipe', async () => {
    const { code, sent, bodies } = await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: FORECAST, [APPROVE]: RUN } })
    expect([code, sent, bodies.at(-1)]).toEqual([0, [PLAN, APPROVE], { hash: FORECAST.hash }])
  })

  it('approve once: a forecast that became a run names it', async () => {
    const { code, sent, said } = await run(['approve', IDS.forecast], { answers: { [`GET /api/v1/forecasts/${IDS.forecast}`]: { ...FORECAST, approvedAt: 1, run: IDS.run } } })
    expect([code, sent]).toEqual([3, [`GET /api/v1/forecasts/${IDS.forecast}`]])
    expect(said.err).toContain(IDS.run)
  })

  it('let the coordinator judge a spec without a name that can be used', async () => {
    const faults = [{ path: 'cluster', line: 1, column: 1, value: 'Home!', reason: 'must be lower-case', nearest: null }]
    const refused = new CliError(1, 'the spec has 1 error', { faults })
    for (const input of ['cluster: Home!\n', 'agents: {}\n', '[', 'home']) {
      const { code, said } = await run(['plan', '-f', '-'], { input, answers: { 'POST /api/v1/clusters/unnamed/forecast': refused } })
      expect([code, said.err]).toEqual([1, expect.stringContaining('line 1:1 cluster')])
    }
  })

  it('ask where no step is left, but something else was approved before', async () => {
    const back = { ...FORECAST, quiet: false, phases: [] }
    const asked = await run(['apply', '-f', file('spec.yaml')], { answers: { [PLAN]: back } })
    expect([asked.code, asked.said.out]).toEqual([3, expect.stringContaining('takes the place of what was approved before')])
    expect(await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: back, [APPROVE]: RUN } })).toMatchObject({ code: 0, sent: [PLAN, APPROVE] })
  })

  it('do not say that all is well where nothing could be planned', async () => {
    const fatal = { ...FORECAST, quiet: true, phases: [], findings: [{ level: 'fatal', said: { code: 'host.offline', args: { host: 'node-1' } }, on: [] }] }
    const { said } = await run(['plan', '-f', file('spec.yaml')], { answers: { [PLAN]: fatal } })
    expect(said.out).not.toContain('Nothing to do')
    expect(said.out).toContain('No steps can be planned')
  })

  it('change nothing where the forecast is fatal or there is nothing to do', async () => {
    const fatal = { ...FORECAST, findings: [{ level: 'fatal', said: { code: 'host.offline', args: { host: 'node-1' } }, on: [] }] }
    expect(await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: fatal } })).toMatchObject({ code: 3, sent: [PLAN] })
    expect(await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: { ...FORECAST, quiet: true, phases: [] } } })).toMatchObject({ code: 0, sent: [PLAN] })
  })
})

describe('following a run', () => {
  const follow = (runs: readonly unknown[], options: FakeIoOptions = {}): ReturnType<typeof run> =>
    run(['apply', '-f', file('spec.yaml'), '--yes', '--wait'], { answers: { [PLAN]: FORECAST, [APPROVE]: RUN, [READ]: inTurn(...runs) }, ...options })

  it('prints a plain line for each change in a pipe, and ends with 0', async () => {
    const { code, said } = await follow([RUN, RUN, DONE])
    expect(code).toBe(0)
    expect(said.out.slice(said.out.indexOf('Approved'))).toMatchInlineSnapshot(`
      "Approved. Run run-aaaaaaaaaaaaaaaa has begun; see it with: drover status home
      node-1  install k3s v1.36.2+k3s1 from release  done
      node-2  install k3s v1.36.2+k3s1 from release  applying: fetched 12 MB
      WAIT node-2: kubelet not Ready, 4 s, ends when Ready, gives up at 5 min
      run run-aaaaaaaaaaaaaaaa running
      node-2  install k3s v1.36.2+k3s1 from release  done
      run run-aaaaaaaaaaaaaaaa done
      "
    `)
  })

  it('draws over itself on a terminal, as wide as that is', async () => {
    const { said } = await follow([RUN, DONE], { isTerminal: true, columns: 40 })
    const picture = said.out.slice(said.out.indexOf('Approved'))
    expect(picture.match(/\u001b\[\d+A\u001b\[J/g)).toHaveLength(1)
    expect(Math.max(...picture.split('\n').slice(1).map((line) => line.length))).toBeLessThan(50)
    expect((await follow([RUN, DONE], { isTerminal: true, columns: 1 })).code).toBe(0)
  })

  it('ends with 3 where the run asks, and with 1 where it failed', async () => {
    const asks = await follow([RUN, ASKING])
    expect([asks.code, asks.said.err]).toEqual([3, expect.stringContaining(`drover retry ${IDS.run}`)])
    expect((await follow([{ ...ASKING, state: 'failed' }])).code).toBe(1)
    expect((await follow([{ ...RUN, state: 'cancelled' }])).code).toBe(1)
  })

  it('goes on where the coordinator is away for a while, and gives up after two minutes', async () => {
    const away = new CliError(1, 'cannot reach the coordinator')
    const back = await follow([RUN, away, away, DONE])
    expect([back.code, back.said.err]).toEqual([0, expect.stringContaining('the hosts go on')])
    expect(back.said.err.match(/the hosts go on/g)).toHaveLength(1)
    expect((await follow([RUN, away])).code).toBe(1)
    const drawn = await follow([RUN, away, DONE], { isTerminal: true, columns: 60 })
    expect([drawn.code, drawn.said.err, drawn.said.out]).toEqual([0, '', expect.stringContaining('the hosts go on')])
  })
})

describe('status --watch', () => {
  it('outlives a coordinator that is away', async () => {
    const away = new CliError(1, 'cannot reach the coordinator')
    const answers = { 'GET /api/v1/clusters': inTurn([], away, new Error('the end of this test')) }
    const io = createFakeIo({ answers })
    await expect(runCli(['status', '--watch'], io)).rejects.toThrow('the end of this test')
    expect(io.said.out).toMatch(/cannot reach the coordinator[^]*Asked again/)
  })
})

describe('what cannot be taken back', () => {
  const answers = { 'DELETE /api/v1/hosts/node-1': HOST, 'POST /api/v1/clusters/home/deletion': FORECAST, [APPROVE]: RUN }

  it.each([['remove', 'host', 'node-1'], ['delete', 'cluster', 'home']])('%s %s wants the name again', async (...argv) => {
    const name = String(argv.at(-1))
    expect(await run(argv, { answers, typed: name })).toMatchObject({ code: 3, sent: [] })
    expect(await run([...argv, '--confirm', 'another'], { answers })).toMatchObject({ code: 3, sent: [] })
    expect(await run(argv, { answers, typed: 'y', isTerminal: true })).toMatchObject({ code: 3, sent: [] })
    expect(await run(argv, { answers, typed: null, isTerminal: true })).toMatchObject({ code: 3, sent: [] })
    expect(await run([...argv, '--confirm', name], { answers })).toMatchObject({ code: 0 })
  })
})

describe('delete cluster --without', () => {
  it('names the hosts that never come back', async () => {
    const answers = { 'POST /api/v1/clusters/home/deletion': FORECAST, [APPROVE]: RUN }
    const { bodies } = await run(['delete', 'cluster', 'home', '--confirm', 'home', '--without', 'node-2', 'node-3'], { answers })
    expect(bodies[0]).toEqual({ confirm: 'home', without: ['node-2', 'node-3'] })
  })
})

describe('remove token', () => {
  const answers = { 'DELETE /api/v1/tokens/abcdefghij': { revoked: 'abcdefghij' } }

  it('revokes it at once, and says that hosts stay', async () => {
    const { code, said, sent } = await run(['remove', 'token', 'abcdefghij'], { answers })
    expect([code, said.out, sent.length]).toEqual([0, 'token abcdefghij is revoked; hosts that it let in stay\n', 1])
  })
})

describe('logs', () => {
  it('say so where there are none', async () => {
    const { code, said } = await run(['logs', 'node-1', '--unit', 'k3s-agent'], { answers: { 'GET /api/v1/hosts/node-1/logs?unit=k3s-agent&lines=200': { host: 'node-1', unit: 'k3s-agent', lines: [] } } })
    expect([code, said.out, said.err]).toEqual([0, '', expect.stringContaining('no line of k3s-agent')])
  })
})

describe('install-line', () => {
  it.each([[['--for', '3d'], '--for 3d'], [['--cidr', '10.0.0'], '--cidr "10.0.0" is not a network'], [['--label', 'a b=c'], '--label a b: '], [['--count', '0'], '--count "0"']])('%j is told in words of the flag', async (flags, words) => {
    expect((await run(['install-line', ...flags])).said.err).toContain(words)
  })


  it('prints the line alone on standard output', async () => {
    const token = { id: 'aaaaaaaaaa', kind: 'join', role: 'any', usesLeft: 2, labels: {}, createdBy: 'me', createdAt: 1, expiresAt: 2, revokedAt: null }
    const made = { token, line: 'curl …', expiresAt: 1_780_001_800_000, uses: 2 }
    const { said, bodies } = await run(['install-line', '--count', '2', '--for', '2h', '--label', 'site=a', '--label', 'role=worker'], { answers: { 'POST /api/v1/tokens': made } })
    expect(said.out).toBe('curl …\n')
    expect(said.err).toContain('2 hosts and 30 min')
    expect(bodies).toMatchObject([{ count: 2, forMinutes: 120, labels: { site: 'a', role: 'worker' } }])
  })
})
