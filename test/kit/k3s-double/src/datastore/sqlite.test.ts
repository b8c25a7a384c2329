import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openSqlite } from './sqlite.ts'
import { seal, unseal } from './bootstrap.ts'

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kine-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

it('keeps the newest value of each key over a new opening, in WAL mode', async () => {
  const folder = newFolder()
  const store = await openSqlite(folder, () => undefined)
  store.put('/registry/a/1', 'one')
  const revision = store.put('/registry/a/1', 'two')
  store.put('/registry/a/2', 'gone')
  store.put('/registry/ab', 'other')
  expect(store.remove('/registry/a/2')).toBe(true)
  expect(store.remove('/registry/a/2')).toBe(false)
  store.close()
  const again = await openSqlite(folder, () => undefined)
  expect(again.list('/registry/a/')).toEqual([{ key: '/registry/a/1', value: 'two', revision }])
  expect(again.get('/registry/a/2')).toBeUndefined()
  expect(again.put('/registry/a/2', 'back')).toBe(again.revision())
  expect([...readFileSync(join(folder, 'state.db')).subarray(18, 20)]).toEqual([2, 2])
  again.close()
})

it('seals bootstrap data under the token alone', () => {
  const sealed = seal('secret', 'the authorities')
  expect(unseal('secret', sealed)).toBe('the authorities')
  expect(() => unseal('other', sealed)).toThrow(/authenticate/)
  expect(sealed).not.toContain('authorities')
})
