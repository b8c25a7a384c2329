import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { appendLedger, parseLedger, readLedger } from './ledger.ts'

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const at = '2026-11-21T09:00:00.000Z'

it('gives back what was appended, in order', () => {
  const file = join(newFolder(), 'deep', 'ledger.jsonl')
  appendLedger(file, { at, node: 'a', event: 'start', role: 'server', pid: 7 })
  appendLedger(file, { at, node: 'a', event: 'initialised', caHash: 'ff', datastore: 'sqlite' })
  expect(readLedger(file)).toEqual([
    { at, node: 'a', event: 'start', role: 'server', pid: 7 },
    { at, node: 'a', event: 'initialised', caHash: 'ff', datastore: 'sqlite' },
  ])
})

it('leaves out a last line that a power cut tore, and nothing else', () => {
  const line = JSON.stringify({ at, node: 'a', event: 'ready', role: 'agent' })
  expect(parseLedger(`${line}\n{"at":"2026`)).toHaveLength(1)
  expect(() => parseLedger(`{"at":"2026\n${line}\n`)).toThrow(/JSON/)
  expect(() => parseLedger('{"at":"x","event":"made-up"}\n')).toThrow('ledger line 1 is not an event')
})

it('takes a missing file for an empty ledger, and no other failure', () => {
  const folder = newFolder()
  expect(readLedger(join(folder, 'none'))).toEqual([])
  expect(() => readLedger(folder)).toThrow(/EISDIR/)
})
