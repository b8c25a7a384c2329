import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { buildDouble } from './build.ts'

const version = 'v1.36.2+k3s1'

describe('the executable', () => {
  let folder = ''
  let file = ''
  const run = (...words: readonly string[]): { code: number; out: string; err: string } => {
    try {
      return { code: 0, out: execFileSync(file, words, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, K3S_DOUBLE_ROOT: folder } }), err: '' }
    } catch (error) {
      const failed = z.object({ status: z.number(), stdout: z.string(), stderr: z.string() }).parse(error)
      return { code: failed.status, out: failed.stdout, err: failed.stderr }
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'k3s-double-'))
    file = join(folder, 'k3s')
    await buildDouble(file, { version, node: process.execPath })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is executable, and the same options give the same bytes', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o755)
    const again = await buildDouble(join(folder, 'again'), { version, node: process.execPath })
    expect(again).toEqual({ path: join(folder, 'again'), sha256: (await buildDouble(file, { version, node: process.execPath })).sha256 })
    expect((await buildDouble(join(folder, 'other'), { version: 'v1.36.3+k3s1' })).sha256).not.toBe(again.sha256)
  })

  it('says its version as k3s does', () => {
    expect(run('--version').out).toMatch(/^k3s version v1\.36\.2\+k3s1 \(af977adf\)\ngo version go1\.\S+\n$/)
  })

  it('ends with k3s words and exit code 1 where an agent has no token', () => {
    const { code, err } = run('agent')
    expect(err).toMatch(/level=fatal msg="Error: --token is required"\n$/)
    expect(code).toBe(1)
  })

  it('has no cluster for kubectl where there is no kubeconfig', () => {
    const { code, err } = run('kubectl', 'get', 'nodes')
    expect({ code, err }).toEqual({ code: 1, err: 'The connection to the server localhost:8080 was refused - did you specify the right host or port?\n' })
  })

  it('does not know every command', () => {
    expect(run('nosuch')).toEqual({ code: 3, out: '', err: "No help topic for 'nosuch'\n" })
  })
})
