import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run } from './command.ts'

const file = fileURLToPath(new URL('skip-or-fail.ts', import.meta.url))
const asked = (env: Record<string, string>) =>
  run([process.execPath, '-e', `import(${JSON.stringify(file)}).then((m) => console.log(m.skipOrFail()))`], { env })

describe('skipOrFail', () => {
  it('skips loudly where commands are missing, with the way to get them', async () => {
    const { code, stdout, stderr } = await asked({ PATH: '/nowhere', CI: '' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'true\n' })
    expect(stderr).toContain('systemd-nspawn: apt-get install systemd-container')
  })

  it('fails there with CI set', async () => {
    const { code, stderr } = await asked({ PATH: '/nowhere', CI: 'true' })
    expect(code).not.toBe(0)
    expect(stderr).toContain('debootstrap: apt-get install debootstrap')
  })
})
