import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { certificatePair } from '@drover/test/kit/tls/certificate-pair.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { upgrade } from './upgrade.ts'

const ACCEPT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const acceptOf = (request: string): string =>
  createHash('sha1')
    .update((/^Sec-WebSocket-Key: (.*)$/m.exec(request)?.[1]?.trim() ?? '') + ACCEPT)
    .digest('base64')

const good = (request: string): readonly string[] => [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: WebSocket',
  'connection: keep-alive, Upgrade',
  `Sec-WebSocket-Accept: ${acceptOf(request)}`,
  'sec-websocket-protocol: drover1',
]

describe('upgrade', () => {
  let server: Server
  let answer: (request: string, socket: TLSSocket) => void
  let asked: string
  const open: TLSSocket[] = []
  const ask = async (): Promise<string> => {
    const tls = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, rejectUnauthorized: false, ca: [] })
    open.push(tls)
    await new Promise((resolve) => void tls.once('secureConnect', resolve))
    const head = await upgrade(tls, { host: 'c.example:8443', path: '/agent/v1', protocol: 'drover1' })
    tls.unshift(head)
    return new Promise((resolve) => void tls.once('data', (bytes: Buffer) => resolve(bytes.toString())).resume())
  }
  const answerWith = (lines: (request: string) => readonly string[]): void => {
    answer = (request, socket) => void socket.end(`${lines(request).join('\r\n')}\r\n\r\nrest`)
  }

  beforeAll(async () => {
    server = createServer(await certificatePair(), (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes: Buffer) => {
        asked = bytes.toString()
        answer(asked, socket)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(() => answerWith(good))
  afterAll(() => {
    for (const tls of open) tls.destroy()
    server.close()
  })

  it('asks as a browser would, and gives back what came after the answer', async () => {
    expect(await ask()).toBe('rest')
    expect(asked).toMatch(
      /^GET \/agent\/v1 HTTP\/1\.1\r\nHost: c\.example:8443\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: [\w+/]{22}==\r\nSec-WebSocket-Protocol: drover1\r\n\r\n$/,
    )
  })

  it('takes an answer that comes in pieces', async () => {
    answer = (request, socket) => {
      const characters = [...good(request).join('\r\n').split(''), '\r\n\r', '\n', 're', 'st']
      const next = (): void => {
        const character = characters.shift()
        if (character === undefined) socket.end()
        else socket.write(character, next)
      }
      next()
    }
    expect(await ask()).toMatch(/^re/)
  })

  it.each<[string, (lines: readonly string[]) => readonly string[], string]>([
    ['another status', (lines) => ['HTTP/1.1 502 Bad Gateway', ...lines.slice(1)], 'answered with "HTTP/1.1 502 Bad Gateway"'],
    ['no HTTP', () => ['SSH-2.0-OpenSSH_9.2'], 'answered with "SSH-2.0'],
    ['another upgrade', (lines) => lines.with(1, 'Upgrade: h2c'), 'no upgrade'],
    ['no upgrade of the connection', (lines) => lines.with(2, 'Connection: close'), 'no upgrade'],
    ['the hash of another key', (lines) => lines.with(3, `Sec-WebSocket-Accept: ${acceptOf('')}`), 'to another request'],
    ['two hashes', (lines) => [...lines, lines[3] ?? ''], 'to another request'],
    ['no protocol', (lines) => lines.slice(0, 4), 'another protocol'],
    ['another protocol', (lines) => lines.with(4, 'Sec-WebSocket-Protocol: drover2'), 'another protocol'],
    ['an extension', (lines) => [...lines, 'Sec-WebSocket-Extensions: permessage-deflate'], 'an extension'],
    ['an endless head', (lines) => [...lines, `X: ${'x'.repeat(20_000)}`], 'too long'],
  ])('refuses %s', async (_name, change, why) => {
    answerWith((request) => change(good(request)))
    await expect(ask()).rejects.toThrow(why)
  })

  it('ends with a connection that closes in the middle', async () => {
    answer = (request, socket) => void socket.end(good(request).join('\r\n'))
    await expect(ask()).rejects.toThrow('closed before')
  })
})
