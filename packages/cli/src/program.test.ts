import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDS } from '@drover/test/kit/cli/fixtures.ts'
import { createFakeIo } from '@drover/test/kit/cli/fake-io.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram } from './program.ts'

// Waits for later surfaces: coordinator keys and URLs as flags (9 in part, 10), --debug (12), --timeout (15), a clock that is a
// year off (25). Arguments of a shell's environment (20, 21, 27, 28) reach nothing here: no proxy, no locale and no file of the
// working folder is read.
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
    ...['describe host', 'describe cluster', 'logs', 'status', 'kubeconfig', 'remove host', 'remove token', 'delete cluster', 'approve host', 'snapshot now', 'restore', 'get snapshots', 'get firings'].flatMap((verb) =>
      HOSTILE.map((name) => [...verb.split(' '), name]),
    ),
    ['remove', 'token', 'node-1'], ['approve', 'fc-1'], ['approve', 'host'], ['approve', IDS.forecast, 'node-1'], ['approve', 'host', 'node-1', '--wait'], ['status', '--watch', '-o', 'yaml'], ['cancel', 'run-1'], ['retry', '../runs'],
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
