import { describe, expect, it } from 'vitest'
import { runProgram, toolPath } from './exec.ts'

const sh = (script: string, timeoutMs = 20_000) => runProgram({ file: '/bin/sh', args: ['-c', script], timeoutMs })

describe('runProgram', () => {
  it('gives exit code and both outputs', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n', timedOut: false })
  })

  it('gives the program a clean environment, no input and the root folder', async () => {
    expect((await sh('pwd; env | cut -d= -f1 | sort | tr "\\n" " "; cat')).stdout).toMatch(/^\/\nHOME LANG (?:OLDPWD )?PATH PWD (?:SHLVL )?(?:_ )?$/)
  })

  it('hands text over and closes the input', async () => {
    expect((await runProgram({ file: '/bin/cat', args: [], stdin: 'text', timeoutMs: 20_000 })).stdout).toBe('text')
  })

  it('passes arguments as they are, without a shell', async () => {
    expect((await runProgram({ file: '/bin/echo', args: ['$HOME; `id`', '*'], timeoutMs: 20_000 })).stdout).toBe('$HOME; `id` *\n')
  })

  it('ends a program that does not end, with all that it started', async () => {
    expect(await sh('sleep 1000 & sleep 1000', 200)).toMatchObject({ code: null, timedOut: true })
  })

  it('does not wait for a grandchild that keeps the output open', async () => {
    const { code, stdout } = await sh('sleep 30 & echo started')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'started\n' })
  })

  it('keeps the head and the tail of a huge output', async () => {
    const { stdout } = await sh('head -c 3000000 /dev/zero | tr "\\0" a; echo end')
    expect(stdout.length).toBeLessThan(600_000)
    expect(stdout).toMatch(/bytes left out …\na+end\n$/)
  })

  it('says why a program could not be started', async () => {
    expect(await runProgram({ file: '/no/such', args: [], timeoutMs: 1000 })).toMatchObject({ code: null, stderr: expect.stringContaining('ENOENT') as string })
  })
})

describe('toolPath', () => {
  it('knows only the fixed folders', () => {
    expect(toolPath('sh')).toMatch(/^\/(?:usr\/)?bin\/sh$/)
    expect(toolPath('no-such-tool')).toBeNull()
    expect(toolPath('node')).not.toBe(process.execPath)
  })
})
