import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'

const MODULE = new URL('write-durable.ts', import.meta.url).href

/** Writes 2,000 characters in a process that may write 512 bytes to a file: as on a disk that fills, the first write is short and says so only by its number. */
const writeWithoutRoom = (path: string): void => {
  const program = `import { writeDurable } from ${JSON.stringify(MODULE)}; writeDurable(${JSON.stringify(path)}, 'x'.repeat(2000), 0o600)`
  execFileSync('/bin/sh', ['-c', "trap '' XFSZ; ulimit -f 1; exec \"$@\"", 'sh', process.execPath, '--input-type=module', '-e', program], { stdio: 'pipe' })
}

it('leaves the old file where there is no room for the new one, and nothing beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-durable-'))
  try {
    writeFileSync(join(folder, 'record.json'), 'the record')
    expect(() => writeWithoutRoom(join(folder, 'record.json'))).toThrow('EFBIG')
    expect(readFileSync(join(folder, 'record.json'), 'utf8')).toBe('the record')
    expect(readdirSync(folder)).toEqual(['record.json'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
