import { createHash } from 'node:crypto'
import { chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absolutePath } from '../path.ts'
import { createFileReader } from './read-files.ts'
import { createFileWriter } from './write-files.ts'

const held = { root: '' }
beforeEach(() => {
  held.root = mkdtempSync(join(tmpdir(), 'drover-files-'))
})
afterEach(() => rmSync(held.root, { recursive: true }))

const at = absolutePath
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const reader = () => createFileReader(held.root)
const writer = () => createFileWriter(held.root)

describe('writing', () => {
  it('makes a file whole, with its mode, and leaves no temporary name', async () => {
    await writer().writeFile(at('/etc/x/file'), bytes('one'), 0o600)
    await writer().writeFile(at('/etc/x/file'), bytes('two'), 0o644)
    expect(readFileSync(`${held.root}/etc/x/file`, 'utf8')).toBe('two')
    expect(statSync(`${held.root}/etc/x/file`).mode & 0o777).toBe(0o644)
    expect(readdirSync(`${held.root}/etc/x`)).toEqual(['file'])
  })

  it('replaces a link and does not write through it', async () => {
    writeFileSync(`${held.root}/target`, 'safe')
    symlinkSync(`${held.root}/target`, `${held.root}/file`)
    await writer().writeFile(at('/file'), bytes('new'), 0o600)
    expect(readFileSync(`${held.root}/target`, 'utf8')).toBe('safe')
    expect(lstatSync(`${held.root}/file`).isFile()).toBe(true)
  })

  it('gets over what a crash left under the temporary name, be it a link', async () => {
    writeFileSync(`${held.root}/target`, 'safe')
    symlinkSync(`${held.root}/target`, `${held.root}/.file.drover-tmp`)
    await writer().writeFile(at('/file'), bytes('new'), 0o600)
    expect(readFileSync(`${held.root}/target`, 'utf8')).toBe('safe')
  })

  it('makes links, second copies and renames over what is there', async () => {
    await writer().writeFile(at('/a/one'), bytes('one'), 0o755)
    await writer().symlink('one', at('/a/link'))
    await writer().symlink('two', at('/a/link'))
    expect(readlinkSync(`${held.root}/a/link`)).toBe('two')
    await writer().duplicate(at('/a/one'), at('/b/copy'))
    await writer().duplicate(at('/a/one'), at('/b/copy'))
    expect(readdirSync(`${held.root}/b`)).toEqual(['copy'])
    await writer().rename(at('/b/copy'), at('/a/one'))
    expect(readFileSync(`${held.root}/a/one`, 'utf8')).toBe('one')
    await writer().setMode(at('/a/one'), 0o700)
    expect((await reader().stat(at('/a/one')))?.mode).toBe(0o700)
  })
})

describe('on the way to a file', () => {
  it('a copy is a file of our own: whoever may write to the original does not reach it', async () => {
    writeFileSync(`${held.root}/theirs`, 'good', { mode: 0o666 })
    chownSync(`${held.root}/theirs`, process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0), process.getgid?.() ?? 0)
    await writer().copy(at('/theirs'), at('/ours'))
    writeFileSync(`${held.root}/theirs`, 'evil')
    expect(readFileSync(`${held.root}/ours`, 'utf8')).toBe('good')
    const { uid, nlink, mode } = statSync(`${held.root}/ours`)
    expect({ uid, nlink, mode: mode & 0o777 }).toEqual({ uid: process.getuid?.(), nlink: 1, mode: 0o600 })
  })

  it('nothing is left under the temporary name where it fails, and what a crash left goes with the file', async () => {
    mkdirSync(`${held.root}/folder`)
    await expect(writer().writeFile(at('/folder'), bytes('x'), 0o600)).rejects.toThrow('EISDIR')
    await expect(writer().duplicate(at('/missing'), at('/copy'))).rejects.toThrow('ENOENT')
    writeFileSync(`${held.root}/.token.drover-tmp`, 'secr')
    await writer().remove(at('/token'))
    expect(readdirSync(held.root)).toEqual(['folder'])
  })
})

describe('removing', () => {
  it('takes away what is below a folder and follows no link out of it', async () => {
    mkdirSync(`${held.root}/data/deep/er`, { recursive: true })
    mkdirSync(`${held.root}/home`)
    writeFileSync(`${held.root}/home/mine`, 'mine')
    symlinkSync(`${held.root}/home`, `${held.root}/data/deep/way-out`)
    symlinkSync('/nowhere', `${held.root}/data/dangling`)
    await writer().removeTree(at('/data'))
    expect(existsSync(`${held.root}/data`)).toBe(false)
    expect(readFileSync(`${held.root}/home/mine`, 'utf8')).toBe('mine')
  })

  it('of what is not there is fine', async () => {
    await writer().remove(at('/no/such'))
    await writer().removeTree(at('/no/such'))
    expect(await writer().removeEmpty(at('/no/such'))).toBe(false)
  })

  it('of a folder only where it is empty', async () => {
    mkdirSync(`${held.root}/full`)
    writeFileSync(`${held.root}/full/x`, '')
    mkdirSync(`${held.root}/empty`)
    expect(await writer().removeEmpty(at('/full'))).toBe(false)
    expect(await writer().removeEmpty(at('/empty'))).toBe(true)
  })
})

describe('reading', () => {
  it('gives null for what is not there', async () => {
    const read = reader()
    const nothing = at('/no/such')
    expect([await read.readFile(nothing), await read.stat(nothing), await read.list(nothing), await read.readLink(nothing), await read.sha256(nothing)]).toEqual([null, null, null, null, null])
    expect(await read.freeBytes(nothing)).toBeGreaterThan(0)
  })

  it('says what lies at the path itself', async () => {
    writeFileSync(`${held.root}/file`, 'text', { mode: 0o640 })
    symlinkSync('file', `${held.root}/link`)
    expect(await reader().stat(at('/link'))).toMatchObject({ kind: 'link' })
    expect(await reader().stat(at('/file'))).toMatchObject({ kind: 'file', bytes: 4, mode: 0o640 })
    expect(await reader().readLink(at('/link'))).toBe('file')
    expect(await reader().readLink(at('/file'))).toBeNull()
    expect(await reader().sha256(at('/file'))).toBe(createHash('sha256').update('text').digest('hex'))
    expect(await reader().sha256(at('/link'))).toBeNull()
    expect(await reader().list(at('/'))).toEqual(['file', 'link'])
  })

  it('takes no file that is larger than expected, and no folder for one', async () => {
    writeFileSync(`${held.root}/file`, 'text')
    await expect(reader().readFile(at('/file'), 3)).rejects.toThrow('more than 3')
    mkdirSync(`${held.root}/folder`)
    await expect(reader().readFile(at('/folder'))).rejects.toThrow('is not a regular file')
  })

  it('finds programs where people have them', async () => {
    mkdirSync(`${held.root}/usr/local/bin`, { recursive: true })
    writeFileSync(`${held.root}/usr/local/bin/kubectl`, '')
    expect(await reader().which('kubectl')).toBe('/usr/local/bin/kubectl')
    expect(await reader().which('crictl')).toBeNull()
  })
})
