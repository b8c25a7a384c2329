import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFakeIo } from '@drover/test/kit/cli/fake-io.ts'
import { CLUSTER, HOST, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { runCli } from '../program.ts'
import { COMPLETION_SCRIPTS } from './scripts.ts'

const hostile = ['$(touch pwned)', 'a b', '-rf', '`id`', "';reboot", 'a\tb'].map((name) => ({ ...HOST, name }))
const answers = { 'GET /api/v1/hosts': [HOST, ...hostile], 'GET /api/v1/clusters': [CLUSTER], 'GET /api/v1/runs': [RUN] }

const words = async (...typed: readonly string[]): Promise<string[]> => {
  const io = createFakeIo({ answers })
  expect(await runCli(['__complete', '--', ...typed], io)).toBe(0)
  return io.said.out.split('\n').filter((line) => line !== '').map((line) => line.split('\t')[0] ?? '')
}

describe('completion', () => {
  it('knows commands, what they take, and their options', async () => {
    expect(await words('g')).toEqual(['get'])
    expect(await words('get', '')).toEqual(['hosts', 'clusters', 'runs', 'tokens', 'artifacts', 'snapshots', 'members', 'firings'])
    expect(await words('get', 'hosts', '-o', 'j')).toEqual(['json'])
    expect(await words('get', 'hosts', '--output=w')).toEqual(['wide'])
    expect(await words('get', 'hosts', '--output', '=', 'w')).toEqual(['wide'])
    expect(await words('apply', '--w')).toEqual(['--wait'])
    expect(await words('nothing', '')).toEqual([])
    expect(await words('__')).toEqual([])
  })

  it('knows names that exist, and offers none that a shell could take for more', async () => {
    expect(await words('describe', 'host', '')).toEqual(['node-1'])
    expect(await words('describe', 'cluster', 'h')).toEqual(['home'])
    expect(await words('logs', '--unit', 'k3s', '')).toEqual(['node-1'])
    expect(await words('retry', 'run-')).toEqual([RUN.id])
  })

  it('offers nothing, without a word, where the coordinator cannot be asked', async () => {
    const io = createFakeIo()
    expect([await runCli(['__complete', '--', 'logs', ''], io), io.said]).toEqual([0, { out: '', err: '' }])
  })

  it('prints a script for each shell, which bash takes and which evaluates nothing that was typed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-complete-'))
    writeFileSync(join(folder, 'drover'), '#!/bin/sh\nshift 2\nprintf "%s\\n" "$@" > asked\nprintf "hosts\\tall hosts\\nhelp me\\tx\\n"\n')
    chmodSync(join(folder, 'drover'), 0o755)
    writeFileSync(join(folder, 'script'), COMPLETION_SCRIPTS.bash)
    const test = 'source ./script; COMP_WORDS=(drover get "\\$(touch pwned)x"); COMP_CWORD=2; _drover; printf "%s\\n" "${COMPREPLY[@]}"; cat asked; ls'
    const out = execFileSync('bash', ['--norc', '--noprofile', '-c', test], { cwd: folder, encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` } })
    expect(out.split('\n')).toEqual(['hosts', 'help me', 'get', '$(touch pwned)x', 'asked', 'drover', 'script', ''])
    rmSync(folder, { recursive: true })
    expect(Object.keys(COMPLETION_SCRIPTS)).toEqual(['bash', 'zsh', 'fish'])
    for (const shell of ['zsh', 'fish'] as const) {
      const checked = spawnSync(shell, ['-n'], { input: COMPLETION_SCRIPTS[shell], encoding: 'utf8' })
      // Where the shell is not installed there is nothing to check it with.
      expect(checked.error === undefined ? checked.status : 0).toBe(0)
    }
  })
})
