import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aptMirror } from './apt-mirror.ts'

describe('aptMirror', () => {
  let etcApt: string

  beforeEach(() => {
    etcApt = mkdtempSync(join(tmpdir(), 'apt-'))
    mkdirSync(join(etcApt, 'sources.list.d'))
    vi.stubEnv('DROVER_LAB_MIRROR', undefined)
  })

  afterEach(() => {
    rmSync(etcApt, { recursive: true })
    vi.unstubAllEnvs()
  })

  it('reads one-line sources with options, and takes neither comments nor other suites', () => {
    const lines = [
      '# deb http://comment.example/debian bookworm main',
      'deb http://other.example/debian trixie main',
      'deb-src http://source.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/a.gpg] http://right.example/debian bookworm main contrib',
    ]
    writeFileSync(join(etcApt, 'sources.list'), lines.join('\n'))
    expect(aptMirror('bookworm', etcApt)).toBe('http://right.example/debian')
  })

  it('reads stanzas with comments in them and lists over several lines, and leaves out what is not enabled', () => {
    const text = `Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm

Types: deb
# a comment
URIs: http://right.example/debian
Suites:
 bookworm-updates
 bookworm
Components: main
`
    writeFileSync(join(etcApt, 'sources.list.d', 'a.sources'), text)
    writeFileSync(join(etcApt, 'sources.list.d', 'b.list.bak'), 'deb http://bak.example/debian bookworm main')
    expect(aptMirror('bookworm', etcApt)).toBe('http://right.example/debian')
  })

  it('says what to set where apt knows no mirror, and takes what is set', () => {
    expect(() => aptMirror('bookworm', etcApt)).toThrow('DROVER_LAB_MIRROR')
    vi.stubEnv('DROVER_LAB_MIRROR', 'http://set.example/debian')
    expect(aptMirror('bookworm', etcApt)).toBe('http://set.example/debian')
  })
})
