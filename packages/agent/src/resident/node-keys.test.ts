import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSealPair, toText } from '@drover/protocol/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openNodeKeys, readNodeKeys } from './node-keys.ts'

describe('the keys of a host', () => {
  let root: string
  let folder: string
  const path = (name: string): string => join(folder, name)
  const edit = (name: string, change: (key: { type: string; public: string; secret: string }) => unknown): void => {
    const key = JSON.parse(readFileSync(path(name), 'utf8')) as { type: string; public: string; secret: string }
    writeFileSync(path(name), JSON.stringify(change(key)))
  }
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'drover-keys-'))
    folder = join(root, 'keys')
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('are made once, for their owner alone, and stay', () => {
    const made = openNodeKeys(folder)
    expect([statSync(folder).mode & 0o777, ...readdirSync(folder).map((name) => statSync(path(name)).mode & 0o777)]).toEqual([0o700, 0o600, 0o600])
    const again = openNodeKeys(folder)
    expect(again.node.publicKey).toEqual(made.node.publicKey)
    expect(again.seal).toEqual(made.seal)
    expect(made.node.publicKey).not.toEqual(made.seal.publicKey)
  })

  it('are made whole where a first start was cut short', () => {
    const { seal } = openNodeKeys(folder)
    rmSync(path('node.json'))
    writeFileSync(path('node.json.new'), '{"type"')
    expect(openNodeKeys(folder).seal).toEqual(seal)
    expect(readdirSync(folder)).toEqual(['node.json', 'seal.json'])
  })

  it('are not made anew where one is lost', () => {
    openNodeKeys(folder)
    rmSync(path('seal.json'))
    expect(() => openNodeKeys(folder)).toThrow(/seal\.json: is missing/)
    expect(() => readNodeKeys(folder)).toThrow(/seal\.json: is missing/)
  })

  it.each<[string, () => void, RegExp]>([
    ['readable by others', () => chmodSync(path('node.json'), 0o644), /node\.json: has mode 0644; 0600/],
    ['in a folder that others may enter', () => chmodSync(folder, 0o755), /keys: has mode 0755; 0700/],
    ['beside a copy', () => copyFileSync(path('node.json'), path('node.json.bak')), /node\.json\.bak: is no file of Drover/],
    ['31 bytes long', () => edit('node.json', (key) => ({ ...key, secret: key.secret.slice(0, -1) })), /node\.json: secret/],
    ['64 bytes long', () => edit('node.json', (key) => ({ ...key, secret: key.secret.repeat(2) })), /node\.json: secret/],
    ['all zero', () => edit('node.json', (key) => ({ ...key, secret: toText(new Uint8Array(32)) })), /all zero/],
    ['a pair that does not match', () => edit('seal.json', (key) => ({ ...key, public: toText(generateSealPair().publicKey) })), /seal\.json: the public half does not match/],
    ['of the other type', () => copyFileSync(path('seal.json'), path('node.json')), /holds a key of type x25519, not ed25519/],
    ['two in one file', () => writeFileSync(path('node.json'), readFileSync(path('node.json'), 'utf8').repeat(2)), /node\.json: line 2/],
    ['PEM', () => writeFileSync(path('node.json'), '-----BEGIN PRIVATE KEY-----\n'), /node\.json: line 1: /],
    ['empty', () => writeFileSync(path('node.json'), ''), /node\.json: is empty/],
  ])('are refused where one is %s', (_, spoil, reason) => {
    openNodeKeys(folder)
    spoil()
    expect(() => openNodeKeys(folder)).toThrow(reason)
  })
})
