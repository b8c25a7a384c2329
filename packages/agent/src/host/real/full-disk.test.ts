import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** A file system of its own for the copy, smaller than the database; in a mount namespace, so that nobody else sees it. */
const SCRIPT = 'mount -t tmpfs -o size="$1" tmpfs "$2/small" && exec "$3" "$2/copy.mjs" "$2"'

const PROGRAM = `
import { readdirSync } from 'node:fs'
import { copyDatabase } from ${JSON.stringify(fileURLToPath(new URL('copy-database.ts', import.meta.url)))}
const root = process.argv[2] ?? ''
const answer = await copyDatabase(root, { from: '/state.db' as never, to: '/small/state.db' as never, count: 'SELECT count(*) FROM kine' }).catch((error) => error.code)
process.stdout.write(JSON.stringify({ answer, left: readdirSync(root + '/small') }))
`

const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0

describe.skipIf(!mayMount)('copyDatabase on a disk that runs full', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-full-'))
  const copyTo = (size: string): unknown => {
    const ran = spawnSync('unshare', ['-m', 'sh', '-c', SCRIPT, 'sh', size, folder, process.execPath], { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(ran.stderr)
    return JSON.parse(ran.stdout)
  }

  beforeAll(async () => {
    const database = new DatabaseSync(`${folder}/state.db`)
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE kine (value BLOB)')
    for (let index = 0; index < 300; index += 1) database.prepare('INSERT INTO kine VALUES (?)').run(new Uint8Array(4000))
    database.close()
    spawnSync('mkdir', [`${folder}/small`])
    const stdin = { contents: PROGRAM, loader: 'ts' as const, resolveDir: folder }
    await build({ stdin, outfile: `${folder}/copy.mjs`, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('says so, and the same copy fits where there is space', () => {
    expect(copyTo('512k')).toMatchObject({ answer: 'step.space' })
    expect(copyTo('8m')).toEqual({ answer: 300, left: ['state.db'] })
  })
})
