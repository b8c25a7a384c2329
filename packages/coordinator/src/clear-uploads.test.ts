import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { clearUploads, UPLOAD_ENDING } from './clear-uploads.ts'

it('removes halves of files and leaves the whole ones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-uploads-'))
  const whole = 'a'.repeat(64)
  for (const name of [whole, `${whole}.1${UPLOAD_ENDING}`, `${'b'.repeat(64)}.2${UPLOAD_ENDING}`]) writeFileSync(join(folder, name), 'x')
  expect([clearUploads(folder), readdirSync(folder), clearUploads(folder)]).toEqual([2, [whole], 0])
  rmSync(folder, { recursive: true })
})
