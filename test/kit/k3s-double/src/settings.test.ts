import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readSettings } from './settings.ts'

const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 's.json')
}

it('changes what the file names and nothing else', () => {
  const file = newFile()
  const before = readSettings(file)
  writeFileSync(file, '{"apiMs":1,"dieAt":"before-ready"}')
  expect(readSettings(file)).toEqual({ ...before, apiMs: 1, dieAt: 'before-ready' })
})

it.each([
  ['{"apims":1}', 'unknown setting apims'],
  ['{"apiMs":"1"}', 'apiMs must be a number'],
  ['{"dieAt":"never"}', 'dieAt must be one of'],
])('refuses %s', (text, message) => {
  const file = newFile()
  writeFileSync(file, text)
  expect(() => readSettings(file)).toThrow(message)
})
