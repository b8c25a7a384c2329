import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { generateSigningPair, keyText } from '@drover/protocol/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const KEY = keyText(generateSigningPair().publicKey)
const PIN = `sha256//${'A'.repeat(43)}=`
const GOOD = { urls: ['https://10.0.0.1:8443'], key: KEY, pin: PIN }
const good = JSON.stringify(GOOD)
const with_ = (more: object): string => JSON.stringify({ ...GOOD, ...more })
const asRoot = process.geteuid?.() === 0

describe('readConfig', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-config-'))
    path = join(folder, 'agent.json')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('reads what the installer wrote', () => {
    writeFileSync(path, `${good}\n`)
    expect(readConfig(path)).toMatchObject({ urls: GOOD.urls, pin: PIN })
    writeFileSync(path, with_({ releaseBase: 'http://10.0.0.1/releases' }))
    expect(readConfig(path).urls).toEqual(GOOD.urls)
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ['empty', '', /is empty/],
    ['larger than any configuration', ' '.repeat(20_000), /has 20000 bytes, 16384 are the most/],
    ['binary', new Uint8Array([0x7b, 0, 1, 2]), /binary data/],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), /is not UTF-8/],
    ['with a byte order mark', `\uFEFF${good}`, /line 1: begins with a byte order mark/],
    ['with carriage returns', `${good}\r\n`, /carriage returns/],
    ['cut short', good.slice(0, -20), /line 1: is no JSON from here on/],
    ['with a trailing comma', good.replace('}', ',}'), /is no JSON/],
    ['with a comment', `// mine\n${good}`, /line 1: is no JSON/],
    ['with something behind', `${good}\n\n{}`, /line 3: is no JSON/],
    ['with a key twice', good.replace('{', '{"pin":"x",'), /line 1: a key is there twice/],
    ['with __proto__', good.replace('{', '{"__proto__":{},'), /no file may have/],
    ['no object', '[]', /expected object/],
    ['with an unknown key', with_({ ulr: 'x' }), /unknown key "ulr"; did you mean "urls"/],
    ['with a key like no other', with_({ certificate: 'x' }), /unknown key "certificate"; known are urls, key, pin/],
    ['of a version that is not there yet', with_({ version: 2 }), /unknown key "version"/],
    ['with a wrong type', with_({ urls: 'https://10.0.0.1:8443' }), /urls: .*expected array/],
    ['without URLs', with_({ urls: [] }), /urls: /],
    ['with too many URLs', with_({ urls: Array.from({ length: 17 }, () => 'https://a:1') }), /urls: /],
    ['with an URL without TLS', with_({ urls: ['http://10.0.0.1:8443'] }), /urls\.0: must be like https/],
    ['with an URL with a path', with_({ urls: ['https://10.0.0.1:8443/x'] }), /urls\.0: must be like https/],
    ['with credentials in the URL', with_({ urls: ['https://a@10.0.0.1'] }), /urls\.0: must be like https/],
    ['without a pin', JSON.stringify({ urls: GOOD.urls, key: KEY }), /pin: /],
    ['with a short pin', with_({ pin: 'sha256//AAAA' }), /pin: /],
    ['with a mistyped key', with_({ key: KEY.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')) }), /key: is no public key/],
    ['with a weak key', with_({ key: keyText(new Uint8Array(32)) }), /key: is no public key/],
  ])('refuses a file that is %s and names it', (_, content, reason) => {
    writeFileSync(path, content)
    expect(() => readConfig(path)).toThrow(reason)
    expect(() => readConfig(path)).toThrow(path)
  })

  it.each<[string, () => void, RegExp]>([
    ['missing', () => undefined, /is missing/],
    ['a folder', () => mkdirSync(path), /is a folder/],
    ['a link', () => symlinkSync('/etc/hostname', path), /symbolic link/],
    ['a dangling link', () => symlinkSync('/nowhere', path), /symbolic link/],
    ['a link to itself', () => symlinkSync(path, path), /symbolic link/],
    ['a pipe', () => void execFileSync('mkfifo', [path]), /no regular file/],
    ['under two names', () => (writeFileSync(path, good), linkSync(path, `${path}.two`)), /has 2 names/],
    ['writable by its group', () => (writeFileSync(path, good), chmodSync(path, 0o664)), /has mode 0664/],
    ['writable by everybody', () => (writeFileSync(path, good), chmodSync(path, 0o666)), /has mode 0666/],
    ['in a folder that others may write to', () => (writeFileSync(path, good), chmodSync(folder, 0o777)), /folder that others may write to/],
  ])('refuses one that is %s', (_, make, reason) => {
    make()
    expect(() => readConfig(path)).toThrow(reason)
  })

  it('takes one in a folder like /tmp, where others cannot replace it', () => {
    writeFileSync(path, good)
    chmodSync(folder, 0o1777)
    expect(readConfig(path).pin).toBe(PIN)
  })

  it.skipIf(!asRoot)('refuses one of another user, and a folder of another user', () => {
    writeFileSync(path, good)
    chownSync(path, 65_534, 65_534)
    expect(() => readConfig(path)).toThrow(/belongs to user 65534/)
    chownSync(path, 0, 0)
    chownSync(folder, 65_534, 65_534)
    expect(() => readConfig(path)).toThrow(/folder of user 65534/)
  })

  it('never rewrites what it refuses', () => {
    writeFileSync(path, '{"urls": oops')
    const before = statSync(path).mtimeMs
    expect(() => readConfig(path)).toThrow(/line 1/)
    expect(statSync(path).mtimeMs).toBe(before)
  })
})
