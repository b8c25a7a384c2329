import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absolutePath } from '../path.ts'
import { downloadTo } from './download.ts'
import { certificatePair } from '@drover/test/kit/tls/certificate-pair.ts'

const BODY = Buffer.alloc(200_000, 'k3s')
const SHA = createHash('sha256').update(BODY).digest('hex')
const TO = absolutePath('/file')

const held = { root: '', servers: new Set<Server>() }
beforeEach(() => {
  held.root = mkdtempSync(join(tmpdir(), 'drover-download-'))
  held.servers.clear()
})
afterEach(() => {
  for (const server of held.servers) server.close().closeAllConnections()
  rmSync(held.root, { recursive: true })
})

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    held.servers.add(server)
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${String((server.address() as AddressInfo).port)}`))
  })
const serve = async (listener: RequestListener): Promise<string> => `http://${await listen(createHttp(listener))}/k3s`
const fetch = (url: string, more: { pin?: string; maxBytes?: number } = {}) =>
  downloadTo(held.root, { url, to: TO, maxBytes: more.maxBytes ?? 1_000_000, pin: more.pin ?? null, onBytes: () => undefined }, new AbortController().signal)

describe('a download', () => {
  it('is written whole and hashed on the way', async () => {
    const seen: number[] = []
    const url = await serve((_request, response) => response.setHeader('content-length', BODY.length).end(BODY))
    const got = await downloadTo(held.root, { url, to: TO, maxBytes: 1_000_000, pin: null, onBytes: (bytes) => seen.push(bytes) }, new AbortController().signal)
    expect(got).toEqual({ bytes: BODY.length, sha256: SHA })
    expect(readFileSync(`${held.root}/file`).equals(BODY)).toBe(true)
    expect(seen.at(-1)).toBe(BODY.length)
  })

  it('follows redirects, as release sites have them', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/k3s') response.writeHead(302, { location: '/there' }).end()
      else response.end(BODY)
    })
    expect(await fetch(url)).toEqual({ bytes: BODY.length, sha256: SHA })
  })

  it.each<[string, RequestListener]>([
    ['is not there', (_request, response) => response.writeHead(404).end('no')],
    ['redirects without end', (request, response) => response.writeHead(302, { location: request.url ?? '/' }).end()],
    ['comes compressed', (_request, response) => response.setHeader('content-encoding', 'gzip').end(BODY)],
    ['announces more than is allowed', (_request, response) => response.setHeader('content-length', 2_000_000).end(Buffer.alloc(2_000_000))],
    ['sends more than is allowed without announcing it', (_request, response) => void response.write(Buffer.alloc(1_500_000))],
  ])('fails with binary.origin where the file %s', async (_name, listener) => {
    await expect(fetch(await serve(listener))).rejects.toMatchObject({ code: 'binary.origin' })
    expect(existsSync(`${held.root}/file`)).toBe(false)
  })

  it('that is cut off is tried again, three times at most', async () => {
    let tries = 0
    const url = await serve((_request, response) => {
      tries += 1
      response.setHeader('content-length', BODY.length)
      if (tries < 3) response.write(BODY.subarray(0, 1000), () => response.destroy())
      else response.end(BODY)
    })
    expect(await fetch(url)).toEqual({ bytes: BODY.length, sha256: SHA })
    tries = -10
    await expect(fetch(url)).rejects.toMatchObject({ code: 'binary.origin' })
    expect(tries).toBe(-7)
    expect(existsSync(`${held.root}/file`)).toBe(false)
  })

  it('whose time is over before the answer comes ends at once and leaves nothing', async () => {
    const given = new AbortController()
    const url = await serve(() => given.abort())
    const download = { url, to: TO, maxBytes: 1_000_000, pin: null, onBytes: () => undefined }
    await expect(downloadTo(held.root, download, given.signal)).rejects.toMatchObject({ code: 'binary.origin' })
    expect(existsSync(`${held.root}/file`)).toBe(false)
  })

  it('from nobody at all says so', async () => {
    await expect(fetch('http://127.0.0.1:1/k3s')).rejects.toMatchObject({ code: 'binary.origin' })
  })

  it('from a pinned server says nothing before the key is the right one', async () => {
    const { key, cert, pin } = await certificatePair()
    let asked = 0
    const server = createHttps({ key, cert }, (_request, response) => {
      asked += 1
      response.end(BODY)
    })
    const url = `https://${await listen(server)}/artifacts/sha256/${SHA}`
    expect(await fetch(url, { pin })).toEqual({ bytes: BODY.length, sha256: SHA })
    await expect(fetch(url, { pin: 'A'.repeat(43) + '=' })).rejects.toThrow('its key is not the pinned one')
    await expect(fetch(url)).rejects.toMatchObject({ code: 'binary.origin' })
    expect(asked).toBe(1)
  })
})
