import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiveInto, requireSpace, sizeOf } from './receive.ts'

const folder = mkdtempSync(join(tmpdir(), 'drover-receive-'))
afterAll(() => rmSync(folder, { recursive: true }))
const body = (text: string): AsyncIterable<Uint8Array> => Readable.from([Buffer.from(text)])

describe('what has come of a copy', () => {
  it('is gone on with from any place', async () => {
    const path = join(folder, 'a')
    expect(await receiveInto(body('0123'), { path, from: 0, total: 10 })).toBe(4)
    expect(await receiveInto(body('3456789'), { path, from: 3, total: 10 })).toBe(10)
    expect(readFileSync(path, 'utf8')).toBe('0123456789')
  })

  it('stays where the body breaks off', async () => {
    const path = join(folder, 'b')
    const broken = Readable.from((async function* parts() {
      yield Buffer.from('01')
      await Promise.resolve()
      throw new Error('ECONNRESET')
    })())
    await expect(receiveInto(broken, { path, from: 0, total: 10 })).rejects.toMatchObject({ code: 'copy.cut' })
    expect([await sizeOf(path), await sizeOf(join(folder, 'none'))]).toEqual([2, 0])
  })

  it('is never more than the copy', async () => {
    await expect(receiveInto(body('0123456789a'), { path: join(folder, 'c'), from: 0, total: 10 })).rejects.toMatchObject({ code: 'request.too-large' })
  })

  it('is begun only where it fits beside what the database needs', () => {
    expect(() => requireSpace(400_000_000, 100_000_000)).not.toThrow()
    expect(() => requireSpace(300_000_000, 100_000_000)).toThrow('286 MB are free for copies on the coordinator, 352 MB are needed')
  })
})

const SCRIPT = 'mount -t tmpfs -o size=64k tmpfs "$1/small" && exec "$2" "$1/receive.mjs" "$1"'
const PROGRAM = `
import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { receiveInto } from ${JSON.stringify(fileURLToPath(new URL('receive.ts', import.meta.url)))}
const folder = process.argv[2] + '/small'
const body = () => Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(8192, 'a')))
const answer = await receiveInto(body(), { path: folder + '/x.part', from: 0, total: 163840 }).catch((error) => error.code)
process.stdout.write(JSON.stringify({ answer, left: readdirSync(folder) }))
`

const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0

describe.skipIf(!mayMount)('on a disk that runs full', () => {
  beforeAll(async () => {
    mkdirSync(join(folder, 'small'))
    const stdin = { contents: PROGRAM, loader: 'ts' as const, resolveDir: folder }
    await build({ stdin, outfile: join(folder, 'receive.mjs'), bundle: true, platform: 'node', format: 'esm', logLevel: 'error' })
  })

  it('is told so, and the space is given back, which the database needs', () => {
    const ran = spawnSync('unshare', ['-m', 'sh', '-c', SCRIPT, 'sh', folder, process.execPath], { encoding: 'utf8' })
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    expect(JSON.parse(ran.stdout)).toEqual({ answer: 'copy.space', left: [] })
  })
})
