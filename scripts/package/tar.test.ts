import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { archive } from './archive.ts'
import { TAR_END, tarEntry } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'drover-tar-'))
afterAll(() => rmSync(folder, { recursive: true }))

const entry = (path: string, mode: number, text: string) => ({ path, mode, content: Buffer.from(text) })

test('tar reads what was written, with modes and whole contents', () => {
  const pieces = [entry('top/', 0o755, ''), entry('top/run', 0o755, 'x'.repeat(513)), entry('top/read', 0o640, 'two\n'), entry('top/empty', 0o644, '')].flatMap(tarEntry)
  writeFileSync(join(folder, 'a.tar'), Buffer.concat([...pieces, TAR_END]))
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder })
  expect(readFileSync(join(folder, 'top/run'), 'utf8')).toBe('x'.repeat(513))
  expect(readFileSync(join(folder, 'top/read'), 'utf8')).toBe('two\n')
  expect(statSync(join(folder, 'top/empty')).size).toBe(0)
  expect(statSync(join(folder, 'top/run')).mode & 0o777).toBe(0o755)
  expect(statSync(join(folder, 'top/read')).mode & 0o777).toBe(0o640)
})

test('refuses a name that the format has no room for', () => {
  expect(() => tarEntry(entry('x'.repeat(101), 0o644, ''))).toThrow('100 bytes')
})

test.each([
  ['gzip-0', '-z'],
  ['gzip-1', '-z'],
  ['gzip-9', '-z'],
  ['xz', '-J'],
  ['xz-x86', '-J'],
] as const)('pieces packed apart with %s are one archive to tar', async (packing, flag) => {
  const entries = ['one', 'two', 'three'].map(path => ({ ...entry(path, 0o644, path.repeat(1000)), packing }))
  const bytes = await archive(entries, join(folder, 'cache'))
  expect(Buffer.from(await archive(entries, join(folder, 'cache'))).equals(bytes)).toBe(true)
  writeFileSync(join(folder, 'b'), bytes)
  expect(execFileSync('tar', [flag, '-xOf', 'b', 'three'], { cwd: folder, encoding: 'utf8' })).toBe('three'.repeat(1000))
})

test('a large piece is packed once and then taken from the cache', async () => {
  const large = [{ path: 'large', mode: 0o644, content: Buffer.alloc(8_000_001), packing: 'gzip-1' as const }]
  const cache = join(folder, 'large-cache')
  const first = await archive(large, cache)
  const [kept = ''] = execFileSync('ls', [cache], { encoding: 'utf8' }).split('\n')
  writeFileSync(join(cache, kept), 'from the cache')
  expect(Buffer.from(await archive(large, cache)).includes('from the cache')).toBe(true)
  expect(Buffer.from(first).includes('from the cache')).toBe(false)
})
