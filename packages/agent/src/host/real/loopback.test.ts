import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificatePair } from '@drover/test/kit/tls/certificate-pair.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absolutePath } from '../path.ts'
import { createLoopback } from './loopback.ts'

const requestLoopback = createLoopback()

const held = { folder: '', servers: new Set<Server>() }
beforeEach(() => {
  held.folder = mkdtempSync(join(tmpdir(), 'drover-loopback-'))
  held.servers.clear()
})
afterEach(() => {
  for (const server of held.servers) server.close().closeAllConnections()
  rmSync(held.folder, { recursive: true })
})

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    held.servers.add(server)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
const answer: RequestListener = (request, response) => {
  if (request.url === '/silent') return
  if (request.url === '/cut') return void response.writeHead(200, { 'content-length': '9' }).write('{"a"', () => response.destroy())
  if (request.url === '/dripping') {
    const drip = setInterval(() => response.write('x'), 10)
    return void response.once('close', () => clearInterval(drip))
  }
  if (request.method === 'POST') return void request.on('data', (chunk: Buffer) => response.end(`got ${chunk.toString()} of ${request.headers['content-length'] ?? '?'}`))
  if (request.url === '/endless') {
    const more = (): void => void (response.write('x'.repeat(65_536)) ? setImmediate(more) : response.once('drain', more))
    more()
  } else response.writeHead(200).end('ok')
}

describe('createLoopback', () => {
  it('asks this host alone', async () => {
    await expect(requestLoopback({ url: 'http://10.0.0.1/', timeoutMs: 100 })).rejects.toThrow('not this host')
    await expect(requestLoopback({ url: 'http://localhost/', timeoutMs: 100 })).rejects.toThrow('not this host')
  })

  it('gives status and body, cut at 64 KiB', async () => {
    const base = `http://127.0.0.1:${String(await listen(createHttp(answer)))}`
    expect(await requestLoopback({ url: `${base}/readyz`, timeoutMs: 5000 })).toEqual({ status: 200, body: 'ok' })
    expect((await requestLoopback({ url: `${base}/endless`, timeoutMs: 5000 }))?.body).toHaveLength(65_536)
  })

  it('gives null where nobody answers, in time or at all', async () => {
    const port = await listen(createHttp(answer))
    expect(await requestLoopback({ url: `http://127.0.0.1:${String(port)}/silent`, timeoutMs: 50 })).toBeNull()
    expect(await requestLoopback({ url: 'http://127.0.0.1:1/', timeoutMs: 5000 })).toBeNull()
  })

  it('begins TLS once for questions that follow each other, and anew where the other side has hung up', async () => {
    const { cert, key } = await certificatePair()
    const server = createHttps({ cert, key, keepAliveTimeout: 60_000 }, answer)
    let begun = 0
    server.on('secureConnection', () => (begun += 1))
    const port = await listen(server)
    const ca = join(held.folder, 'ca.pem')
    writeFileSync(ca, cert)
    const ask = () => requestLoopback({ url: `https://127.0.0.1:${String(port)}/readyz`, ca: absolutePath(ca), timeoutMs: 5000 })
    expect([(await ask())?.body, (await ask())?.body, begun]).toEqual(['ok', 'ok', 1])
    server.closeAllConnections()
    expect([(await ask())?.body, begun]).toEqual(['ok', 2])
  })

  it('gives null for an answer that does not end in time, although it goes on, and for one that was cut', async () => {
    const base = `http://127.0.0.1:${String(await listen(createHttp(answer)))}`
    expect(await requestLoopback({ url: `${base}/dripping`, timeoutMs: 100 })).toBeNull()
    expect(await requestLoopback({ url: `${base}/cut`, timeoutMs: 5000 })).toBeNull()
  })

  it('posts a body where there is one, to this host alone', async () => {
    const base = `http://127.0.0.1:${String(await listen(createHttp(answer)))}`
    expect(await requestLoopback({ url: `${base}/v3`, timeoutMs: 5000, body: '{"ID":"5"}' })).toEqual({ status: 200, body: 'got {"ID":"5"} of 10' })
    await expect(requestLoopback({ url: 'http://10.0.0.1/', timeoutMs: 100, body: '{}' })).rejects.toThrow('not this host')
  })

  it('trusts only the authority that it is given', async () => {
    const { key, cert } = await certificatePair()
    const port = await listen(createHttps({ key, cert }, answer))
    const ca = absolutePath(`${held.folder}/ca.crt`)
    const url = `https://127.0.0.1:${String(port)}/readyz`
    expect(await requestLoopback({ url, ca, timeoutMs: 5000 })).toBeNull()
    writeFileSync(ca, cert)
    expect(await requestLoopback({ url, ca, timeoutMs: 5000 })).toEqual({ status: 200, body: 'ok' })
    writeFileSync(ca, (await certificatePair()).cert)
    expect(await requestLoopback({ url, ca, timeoutMs: 5000 })).toBeNull()
  })
})
