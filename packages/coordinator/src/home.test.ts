import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { homeAt, makeHome, readSettings } from './home.ts'

it('setting up again keeps the mirror that was written into the settings', async () => {
  const root = mkdtempSync(join(tmpdir(), 'drover-home-'))
  try {
    const home = homeAt(join(root, 'coordinator'))
    const settings = { version: 1, listen: { host: '0.0.0.0', port: 8443 }, advertise: ['https://10.0.0.1:8443'] } as const
    await makeHome(home, { ...settings, advertise: [...settings.advertise] })
    expect(readSettings(home).releaseBase).toBeUndefined()
    const written = JSON.parse(readFileSync(home.settings, 'utf8')) as object
    writeFileSync(home.settings, JSON.stringify({ ...written, releaseBase: 'http://mirror/k3s' }))
    await makeHome(home, { ...settings, advertise: ['https://10.0.0.2:8443'] })
    expect(readSettings(home)).toMatchObject({ releaseBase: 'http://mirror/k3s', advertise: ['https://10.0.0.2:8443'] })
  } finally {
    rmSync(root, { recursive: true })
  }
})
