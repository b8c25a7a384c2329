import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificatePair } from '@drover/test/kit/tls/certificate-pair.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoopbackRequest } from '../host.ts'
import { absolutePath } from '../path.ts'
import { copyEtcd } from './copy-etcd.ts'

const PAGES = randomBytes(200 * 512)
const SEALED = Buffer.concat([PAGES, createHash('sha256').update(PAGES).digest()])
const CHUNK = 32 * 1024

const line = (bytes: Buffer): string => `${JSON.stringify({ result: { remaining_bytes: '7', blob: bytes.toString('base64'), version: '3.6.12' } })}\n`
const send = (response: ServerResponse, all: Buffer): void => {
  for (let at = 0; at < all.length; at += CHUNK) response.write(line(all.subarray(at, at + CHUNK)))
}
const flipped = (at: number): Buffer => {
  const bytes = Buffer.from(SEALED)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  return bytes
}

describe('copyEtcd', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-copy-etcd-'))
  const to = absolutePath(`${folder}/etcd.db`)
  let server: Server
  let answer: RequestListener = () => undefined
  const asked = (): LoopbackRequest => ({
    url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}/v3/maintenance/snapshot`, ca: absolutePath(`${folder}/ca.crt`), timeoutMs: 1, body: '{}',
  })
  const copy = (signal = new AbortController().signal, onBytes: (bytes: number) => void = () => undefined): Promise<number> => copyEtcd(asked(), { to, onBytes }, signal)
  const gives = (give: (response: ServerResponse) => void): void => void (answer = (_request, response) => give(response))

  beforeAll(async () => {
    const { key, cert } = await certificatePair()
    writeFileSync(`${folder}/ca.crt`, cert)
    server = createServer({ key, cert }, (request, response) => answer(request, response))
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(() => rmSync(to, { force: true }))
  afterEach(() => server.closeAllConnections())
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('writes what the member gives, to the byte, for root alone, and in the place of what a crash left', async () => {
    writeFileSync(to, 'left by a crash', { mode: 0o644 })
    gives((response) => {
      send(response, SEALED)
      response.end()
    })
    const told: number[] = []
    expect(await copy(undefined, (bytes) => void told.push(bytes))).toBe(SEALED.length)
    expect(readFileSync(to).equals(SEALED)).toBe(true)
    expect(statSync(to).mode & 0o7777).toBe(0o600)
    expect([told.at(0), told.at(-1)]).toEqual([CHUNK, SEALED.length])
  })

  it('takes lines that come in pieces, and a seal that is spread over two', async () => {
    gives((response) => {
      const text = [line(SEALED.subarray(0, -40)), line(SEALED.subarray(-40, -20)), line(SEALED.subarray(-20))].join('')
      for (let at = 0; at < text.length; at += 999) response.write(text.slice(at, at + 999))
      response.end()
    })
    expect(await copy()).toBe(SEALED.length)
  })

  it.each<[string, Buffer]>([
    ['has a bit flipped at its begin', flipped(0)],
    ['has a bit flipped in the middle', flipped(51_200)],
    ['has a bit flipped in its seal', flipped(SEALED.length - 1)],
    ['lacks its seal', PAGES],
    ['is cut off behind a page', SEALED.subarray(0, 100 * 512)],
    ['is nothing', Buffer.alloc(0)],
  ])('is damaged where the copy %s', async (_what, bytes) => {
    gives((response) => {
      send(response, bytes)
      response.end()
    })
    await expect(copy()).rejects.toMatchObject({ code: 'snapshot.damaged' })
  })

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['refuses', (response) => void response.writeHead(503).end('{"code":14,"message":"etcdserver: rpc not supported for learner"}'), 'etcdserver: rpc not supported for learner'],
    ['gives up in the middle', (response) => {
      send(response, SEALED.subarray(0, CHUNK))
      response.end('{"error":{"grpc_code":14,"message":"etcdserver: server stopped"}}\n')
    }, 'etcdserver: server stopped'],
    ['dies in the middle', (response) => {
      send(response, SEALED.subarray(0, CHUNK))
      setImmediate(() => response.destroy())
    }, 'aborted'],
    ['answers without words', (response) => void response.writeHead(502).end(), '502'],
    ['answers without an end of the line', (response) => void response.end('x'.repeat(1_200_000)), 'too long'],
  ])('has no copy where the member %s', async (_what, give, words) => {
    gives(give)
    await expect(copy()).rejects.toMatchObject({ code: 'etcd.copy', message: expect.stringContaining(words) as string })
  })

  it('ends when its step does', async () => {
    const step = new AbortController()
    gives((response) => {
      send(response, SEALED.subarray(0, CHUNK))
      setImmediate(() => step.abort())
    })
    await expect(copy(step.signal)).rejects.toMatchObject({ code: 'etcd.copy' })
  })

  it('asks nobody where the certificates are not there', async () => {
    await expect(copyEtcd({ ...asked(), ca: absolutePath('/nowhere') }, { to, onBytes: () => undefined }, new AbortController().signal)).rejects.toMatchObject({ code: 'etcd.copy' })
    expect(existsSync(to)).toBe(true)
  })
})
