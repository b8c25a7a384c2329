import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Profile, readProfile, writeProfile } from './profile.ts'

const PROFILE: Profile = { version: 1, url: 'https://10.0.0.1:8443', pin: `sha256//${'A'.repeat(43)}=`, key: 'drvk1_a', token: 'drvp1_a' }
const world = {} as { folder: string; path: string }

beforeEach(() => {
  world.folder = mkdtempSync(join(tmpdir(), 'drover-profile-'))
  world.path = join(world.folder, 'drover', 'profile.json')
})
afterEach(() => rmSync(world.folder, { recursive: true, force: true }))

describe('the profile', () => {
  it('is written for its owner alone, and read back', () => {
    writeProfile(PROFILE, world.path)
    expect([readProfile(world.path), statSync(world.path).mode & 0o777, statSync(join(world.folder, 'drover')).mode & 0o777]).toEqual([PROFILE, 0o600, 0o700])
  })

  it('is always one of those that were written, and leaves nothing beside it', () => {
    const other = { ...PROFILE, token: 'drvp1_b' }
    for (let count = 0; count < 20; count += 1) writeProfile(count % 2 === 0 ? PROFILE : other, world.path)
    expect(readProfile(world.path)).toEqual(other)
    expect(readdirSync(join(world.folder, 'drover'))).toEqual(['profile.json'])
  })

  it('is refused where others can read or replace it', () => {
    writeProfile(PROFILE, world.path)
    for (const mode of [0o644, 0o640, 0o602]) {
      chmodSync(world.path, mode)
      expect(() => readProfile(world.path)).toThrow('chmod 600')
    }
    chmodSync(world.path, 0o600)
    chmodSync(join(world.folder, 'drover'), 0o777)
    expect(() => readProfile(world.path)).toThrow('chmod o-w')
  })

  it.each([
    ['cut short', '{"version":1,'],
    ['of a later version', JSON.stringify({ ...PROFILE, version: 2 })],
    ['with a field too many', JSON.stringify({ ...PROFILE, name: 'x' })],
    ['of plain http', JSON.stringify({ ...PROFILE, url: 'http://10.0.0.1' })],
    ['with a join token', JSON.stringify({ ...PROFILE, token: 'drvj1_a' })],
    ['empty', ''],
  ])('%s is refused, with what to do, and without its token', (_what, text) => {
    mkdirSync(join(world.folder, 'drover'), { mode: 0o700 })
    writeFileSync(world.path, text, { mode: 0o600 })
    const read = (): unknown => readProfile(world.path)
    expect(read).toThrow('drover init')
    expect(read).not.toThrow('drvp1_a')
  })

  it('says where it looked for one, and why it cannot be written', () => {
    expect(() => readProfile(world.path)).toThrow(`no profile at ${world.path}`)
    writeFileSync(join(world.folder, 'drover'), 'a file where the folder should be')
    expect(() => writeProfile(PROFILE, world.path)).toThrow('cannot write the profile')
  })
})
