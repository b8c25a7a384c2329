import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { STEPS } from '@drover/protocol'
import { copyHead } from '@drover/protocol/node'
import { clearHalves, copyFiles, readCopies } from './files.ts'

const SNAPSHOT = STEPS['snapshot.copy'].example.snapshot
const held = { folder: '' }
beforeEach(() => {
  held.folder = mkdtempSync(join(tmpdir(), 'drover-copies-'))
  mkdirSync(join(held.folder, 'home'))
})
afterEach(() => rmSync(held.folder, { recursive: true }))

it('copies are known by their heads; what is none is left alone', () => {
  const { whole, part } = copyFiles(held.folder, SNAPSHOT)
  writeFileSync(whole, copyHead(SNAPSHOT))
  utimesSync(whole, 5, 5)
  writeFileSync(part, copyHead(SNAPSHOT))
  writeFileSync(join(held.folder, 'home', 'renamed.copy'), copyHead(SNAPSHOT))
  writeFileSync(join(held.folder, 'home', 'empty.copy'), '')
  mkdirSync(join(held.folder, 'other'))
  writeFileSync(join(held.folder, 'other', `${SNAPSHOT.name}.copy`), copyHead(SNAPSHOT))
  writeFileSync(join(held.folder, 'a-file'), 'of somebody')
  expect([...readCopies(held.folder)]).toEqual([[`home/${SNAPSHOT.name}`, { snapshot: SNAPSHOT, since: 5000 }]])
})

it('there are none where there is no folder', () => {
  expect(readCopies(join(held.folder, 'none')).size).toBe(0)
})

it('halves go when nothing has come to them for a week', () => {
  const week = 7 * 86_400_000
  for (const [name, at] of [['old.part', 0], ['new.part', week], ['old.copy', 0]] as const) {
    writeFileSync(join(held.folder, 'home', name), 'x')
    utimesSync(join(held.folder, 'home', name), at / 1000, at / 1000)
  }
  expect(clearHalves(held.folder, week + 1)).toBe(1)
  expect(readdirSync(join(held.folder, 'home'))).toEqual(['new.part', 'old.copy'])
})

it('a name that is none leads nowhere else', () => {
  expect(() => copyFiles(held.folder, { ...SNAPSHOT, name: '../x' })).toThrow(/lower-case/)
})
