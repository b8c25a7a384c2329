import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { countBoot } from './boot-count.ts'

it('counts each boot once, also where boots share the id of their kernel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-boot-'))
  const paths = { count: join(folder, 'boot.json'), marker: join(folder, 'run/boot'), kernel: join(folder, 'boot_id') }
  const count = (): number => countBoot(paths).count
  try {
    writeFileSync(paths.kernel, 'aaaa-1\n')
    expect([count(), count()]).toEqual([1, 1])
    rmSync(paths.marker)
    expect([count(), count()]).toEqual([2, 2])
    writeFileSync(paths.kernel, 'aaaa-2\n')
    expect(countBoot(paths)).toEqual({ bootId: 'aaaa-2', count: 3 })
    writeFileSync(paths.count, '{"bootId":')
    expect(count).toThrow(/boot\.json: line 1/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('counts without keeping it where the count cannot be written: a full disk must not silence the agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-boot-'))
  const paths = { count: join(folder, 'not there/boot.json'), marker: join(folder, 'run/boot'), kernel: join(folder, 'boot_id') }
  try {
    writeFileSync(paths.kernel, 'aaaa-1\n')
    expect([countBoot(paths), countBoot(paths)]).toEqual([{ bootId: 'aaaa-1', count: 1 }, { bootId: 'aaaa-1', count: 1 }])
    mkdirSync(join(folder, 'not there'))
    expect([countBoot(paths).count, countBoot(paths).count]).toEqual([1, 1])
    rmSync(paths.marker)
    expect(countBoot(paths).count).toBe(2)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
