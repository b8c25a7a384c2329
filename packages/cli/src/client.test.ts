import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ERRORS } from '@drover/protocol'
import { makeTestCertificate } from '@drover/test/kit/cli/certificate.ts'
import { CliError } from './cli-error.ts'
import { createClient, type Patience } from './client.ts'
import type { Profile } from './profile.ts'

type World = { server: Server; plain: Server; profile: Profile; handler: RequestListener; asked: string[]; elsewhere: string[] }
const world = {} as World
const waited: string[] = []
const patience: Patience = { err: (text) => void waited.push(text), sleep: async (ms) => void waited.push(String(ms)) }
const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const certificate = await makeTestCertificate()
  Object.assign(world, { asked: [], elsewhere: [] })
  world.server = createTlsServer({ key: certificate.keyPem, cert: certificate.certificatePem, minVersion: 'TLSv1.3' }, (request, reply) => {
    world.asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? ''}`)
    world.handler(request, reply)
  }) as unknown as Server
  world.plain = createServer((request, reply) => {
    world.elsewhere.push(request.url ?? '')
    reply.end()
  })
  const port = await listen(world.server)
  await listen(world.plain)
  world.profile = { version: 1, url: `https://127.0.0.1:${String(port)}`, pin: certificate.pin, key: 'drvk1_a', token: 'drvp1_secret' }
})
afterAll(() => {
  world.server.close()
  world.plain.close()
})

const ask = async (handler: RequestListener, profile = world.profile): Promise<CliError> => {
  world.handler = handler
  const failed: unknown = await createClient(profile, patience).call({ method: 'GET', path: '/x', answer: z.strictObject({ a: z.int() }) }).then(
    (answer) => new Error(JSON.stringify(answer)),
    (error: unknown) => error,
  )
  if (!(failed instanceof CliError)) throw failed
  return failed
}

describe('the client', () => {
  it('gives the answer of the coordinator that its profile pins', async () => {
    world.handler = (_request, reply) => reply.end('{"a":1}')
    expect(await createClient(world.profile, patience).call({ method: 'POST', path: '/x', body: { b: 2 }, answer: z.strictObject({ a: z.int() }) })).toEqual({ a: 1 })
    expect(world.asked.at(-1)).toBe('POST /x Bearer drvp1_secret')
  })

  it('says nothing at all to another one, not even its token', async () => {
    const before = world.asked.length
    const error = await ask((_request, reply) => reply.end('{"a":1}'), { ...world.profile, pin: `sha256//${'A'.repeat(43)}=` })
    expect([error.exitCode, error.message, world.asked.length - before]).toEqual([1, expect.stringContaining('is not the coordinator'), 0])
  })

  it.each([
    ['HTML', (_request, reply) => reply.end('<html>'), 'not of the expected form'],
    ['another form', (_request, reply) => reply.end('{"a":"1"}'), 'not of the expected form'],
    ['half an answer', (_request, reply) => { reply.writeHead(200, { 'content-length': 100 }); reply.write('{"a":'); setTimeout(() => reply.destroy(), 20) }, 'cannot reach'],
    ['an error that is not ours', (_request, reply) => { reply.writeHead(502); reply.end('Bad gateway') }, '502'],
    ['nothing', (request) => request.socket.destroy(), 'cannot reach'],
  ] satisfies [string, RequestListener, string][])('says what is wrong with %s', async (_what, handler, message) => {
    const error = await ask(handler)
    expect([error.exitCode, error.message]).toEqual([1, expect.stringContaining(message)])
  })

  it('reads at most 64 MiB', async () => {
    const chunk = Buffer.alloc(1_048_576, 0x20)
    const error = await ask((_request, reply) => {
      reply.writeHead(500)
      const more = (): void => {
        while (!reply.destroyed && reply.write(chunk));
      }
      reply.on('drain', more)
      more()
    })
    expect(error.message).toContain('64 MiB')
  })

  it('follows no redirect, so that its token goes nowhere else', async () => {
    const { port } = world.plain.address() as AddressInfo
    const error = await ask((_request, reply) => {
      reply.writeHead(302, { location: `http://127.0.0.1:${String(port)}/x` })
      reply.end()
    })
    expect([error.message, world.elsewhere]).toEqual([expect.stringContaining('302'), []])
  })

  it('ends with 3 where a person has to decide, with 1 otherwise, and says what to do', async () => {
    const answerOf = (code: keyof typeof ERRORS) => (_request: unknown, reply: { writeHead: (status: number) => void; end: (text: string) => void }) => {
      reply.writeHead(ERRORS[code].status)
      reply.end(JSON.stringify({ code, message: 'no', remedy: '', requestId: 'x', faults: [] }))
    }
    const codes = ['forecast.stale', 'forecast.fatal', 'auth.forbidden', 'run.not-open', 'resource.unknown', 'spec.invalid', 'auth.missing', 'storage.full'] as const
    const found = []
    for (const code of codes) {
      const error = await ask(answerOf(code) as RequestListener)
      found.push([code, error.exitCode, error.remedy === ERRORS[code].remedy])
    }
    expect(found).toEqual(codes.map((code, index) => [code, index < 4 ? 3 : 1, true]))
  })

  it('says where nobody listens', async () => {
    expect((await ask(() => undefined, { ...world.profile, url: 'https://127.0.0.1:9' })).message).toContain('cannot reach the coordinator at https://127.0.0.1:9')
  })

  describe('that asks too often', () => {
    const refusal = { code: 'request.rate', message: 'the coordinator takes 30 plans a minute', remedy: 'Wait.', requestId: 'x', faults: [] }
    const refuse = (times: number, after: string | null): RequestListener => {
      let left = times
      return (_request, reply) => {
        left -= 1
        if (left < 0) return void reply.end('{"a":1}')
        reply.writeHead(429, after === null ? {} : { 'retry-after': after })
        reply.end(JSON.stringify(refusal))
      }
    }

    it('waits as long as it is told to, says so, and sends the same again', async () => {
      waited.length = 0
      const before = world.asked.length
      world.handler = refuse(2, '4')
      expect(await createClient(world.profile, patience).call({ method: 'POST', path: '/plans', body: { b: 2 }, answer: z.strictObject({ a: z.int() }) })).toEqual({ a: 1 })
      const line = 'waiting 4 s: the coordinator takes 30 plans a minute\n'
      expect([waited, world.asked.length - before]).toEqual([[line, '4000', line, '4000'], 3])
    })

    it.each([
      { what: 'is told to wait for longer than a minute', after: '360', remedy: 'Ask again in 6 min.', waits: 0 },
      { what: 'is not told how long', after: null, remedy: 'Wait.', waits: 0 },
      { what: 'is told something else', after: 'Wed, 21 Oct 2026 07:28:00 GMT', remedy: 'Wait.', waits: 0 },
      { what: 'is told so again and again', after: '60', remedy: 'Ask again in 60 s.', waits: 3 },
    ])('gives up where it $what, and says what to do', async ({ after, remedy, waits }) => {
      waited.length = 0
      const error = await ask(refuse(99, after))
      expect([error.exitCode, error.message, error.remedy]).toEqual([1, 'the coordinator takes 30 plans a minute (request.rate)', remedy])
      expect(waited.length / 2).toBe(waits)
    })
  })
})
