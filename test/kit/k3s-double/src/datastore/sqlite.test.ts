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
  await store.put('/registry/a/1', 'one')
  const revision = await store.put('/registry/a/1', 'two')
  await store.put('/registry/a/2', 'gone')
  await store.put('/registry/ab', 'other')
  expect(await store.remove('/registry/a/2')).toBe(true)
  expect(await store.remove('/registry/a/2')).toBe(false)
  store.close()
  const again = await openSqlite(folder, () => undefined)
  expect(await again.list('/registry/a/')).toEqual([{ key: '/registry/a/1', value: 'two', revision }])
  expect(await again.get('/registry/a/2')).toBeUndefined()
  expect(await again.put('/registry/a/2', 'back')).toBe((await again.get('/registry/a/2'))?.revision)
  expect([...readFileSync(join(folder, 'state.db')).subarray(18, 20)]).toEqual([2, 2])
  again.close()
})

it('writes over a revision only where it is still the newest', async () => {
  const store = await openSqlite(newFolder(), () => undefined)
  const first = await store.put('/registry/a', 'one', 0)
  expect(await store.put('/registry/a', 'other', 0)).toBeUndefined()
  expect(await store.put('/registry/a', 'two', first)).toBeGreaterThan(first ?? 0)
  expect(await store.put('/registry/a', 'late', first)).toBeUndefined()
  expect((await store.get('/registry/a'))?.value).toBe('two')
  store.close()
})

it('seals bootstrap data under the token alone', () => {
  const sealed = seal('secret', 'the authorities')
  expect(unseal('secret', sealed)).toBe('the authorities')
  expect(() => unseal('other', sealed)).toThrow(/authenticate/)
  expect(sealed).not.toContain('authorities')
})
