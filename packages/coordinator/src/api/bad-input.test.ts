import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeToken, tokenText } from '@drover/protocol/node'
import { call, type TestCall } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { readJoinTokens } from '../store/join-tokens.ts'

// What waits for later surfaces: If-Match (24; no route takes it), tokens with a cluster scope and user profiles (30), and
// CSRF tokens of a web page (26; until there is one, cookies and other sites' pages are refused altogether).
const world = {} as { coordinator: TestCoordinator; operator: string; port: number }

beforeAll(async () => {
  world.coordinator = await startTestCoordinator()
  world.operator = await world.coordinator.token('operator')
  await world.coordinator.app.listen({ host: '127.0.0.1', port: 0 })
  world.port = (world.coordinator.app.server.address() as AddressInfo).port
})
afterAll(() => world.coordinator.remove())

const post = async (about: TestCall): Promise<string> => {
  const answer = await call(world.coordinator, 'POST /api/v1/tokens', { token: world.operator, ...about })
  return [answer.status, answer.json['code']].join(' ').trim()
}
const raw = (body: string | Buffer): TestCall => ({ raw: body })
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const utf16 = Buffer.from('\uFEFF{}', 'utf16le')

const BODIES: readonly (readonly [number: string, what: string, about: TestCall, answer: string])[] = [
  ['1', 'null', raw('null'), '400 request.invalid'],
  ['2', 'a list', raw('[]'), '400 request.invalid'],
  ['3', 'nothing', { raw: '', headers: { 'content-type': 'application/json' } }, '400 request.json'],
  ['4', 'half a document', raw('{"count":'), '400 request.json'],
  ['5', 'two documents', raw('{}{}'), '400 request.json'],
  ['6', 'one key twice', raw('{"count":1,"count":2}'), '400 request.json'],
  ['7', 'null for a number', raw('{"count":null}'), '400 request.invalid'],
  ['8', 'true for a number', raw('{"count":true}'), '400 request.invalid'],
  ['9', 'text for a number', raw('{"count":"3"}'), '400 request.invalid'],
  ['10', 'a list for a number', raw('{"count":[3]}'), '400 request.invalid'],
  ['11', 'an unknown field', raw('{"counts":3}'), '400 request.invalid'],
  ['12', '__proto__', raw('{"__proto__":{"count":3}}'), '400 request.json'],
  ['12', 'constructor.prototype', raw('{"labels":{"constructor":{"prototype":1}}}'), '400 request.json'],
  ['12', 'toString', raw('{"toString":1}'), '400 request.invalid'],
  ['13', '1e309', raw('{"count":1e309}'), '400 request.json'],
  ['13', 'minus one', raw('{"count":-1}'), '400 request.invalid'],
  ['13', '2^31', raw('{"count":2147483648}'), '400 request.invalid'],
  ['13', '2^53+1', raw('{"count":9007199254740993}'), '400 request.json'],
  ['13', 'a fraction', raw('{"count":0.30000000000000004}'), '400 request.json'],
  ['14', '257 KiB', raw(`{"role":"${'a'.repeat(263_000)}"}`), '413 request.too-large'],
  ['17', '10,000 levels', raw(nested(10_000)), '400 request.json'],
  ['18', 'a million objects', raw(`[${'{},'.repeat(999_999)}{}]`), '413 request.too-large'],
  ['19', 'a tab in the type', { raw: '{}', headers: { 'content-type': 'application/json\ta' } }, '415 request.media'],
  ['19', 'garbage after the type', { raw: '{}', headers: { 'content-type': 'application/json garbage' } }, '415 request.media'],
  ['19', 'plain text', { raw: '{}', headers: { 'content-type': 'text/plain' } }, '415 request.media'],
  ['19', 'a form', { raw: '{}', headers: { 'content-type': 'multipart/form-data; boundary=x' } }, '415 request.media'],
  ['19', 'UTF-16', { raw: '{}', headers: { 'content-type': 'application/json; charset=utf-16' } }, '415 request.media'],
  ['20', 'bytes that are no UTF-8', raw(Buffer.from([0x7b, 0xff, 0x7d])), '400 request.json'],
  ['20', 'UTF-16 with its mark', raw(utf16), '400 request.json'],
  ['20', 'an overlong encoding', raw(Buffer.from([0x22, 0xc0, 0xaf, 0x22])), '400 request.json'],
  ['28', 'a Cyrillic letter in a key', raw('{"\u0441ount":1}'), '400 request.invalid'],
  ['', 'what is right', raw('{"count":1}'), '201'],
  ['', 'its charset named', { raw: '{}', headers: { 'content-type': 'application/json; charset=utf-8' } }, '201'],
]

describe('bodies', () => {
  it.each(BODIES.map(([number, what, about, answer]) => ({ name: `${number} ${what}`.trim(), about, answer })))('$name', async ({ about, answer }) => {
    expect(await post(about)).toBe(answer)
  })

  it('are refused without an echo of what was sent', async () => {
    const answer = await call(world.coordinator, 'POST /api/v1/tokens', { token: world.operator, body: { role: 'sesame-open', count: 'sesame-open' } })
    expect(answer.text).not.toContain('sesame-open')
    expect(answer.json).toMatchObject({ code: 'request.invalid', faults: [] })
    expect(String(answer.json['message'])).toMatch(/^\/count|^\/role/)
  })
})

const NAMES = ['a\u0000', 'a\r\nb', 'a\u001b[31m', 'a\u202eb', 'a\ufeffb', 'a\u200bb', 'a'.repeat(120), 'a.', 'A', '..', '-rf', '%']

describe('names (21, 22)', () => {
  it.each(NAMES)('%j is refused in a body', async (name) => {
    expect(await post({ body: { replace: name } })).toBe('400 request.invalid')
  })

  it.each([...NAMES.map(encodeURIComponent), '..%2f..%2fetc%2fpasswd', '%00', '%zz', 'a'.repeat(2000), '%d9%a1', '%D9%A1'])('%s is refused in a path', async (name) => {
    const answer = await call(world.coordinator, `GET /api/v1/hosts/${name}`, { token: world.operator })
    expect([400, 404, 414]).toContain(answer.status)
    expect(answer.text).not.toContain('passwd')
  })
})

describe('idempotency keys (23, 29)', () => {
  const approve = (key: string, body: unknown, name = 'nobody'): ReturnType<typeof call> =>
    call(world.coordinator, `POST /api/v1/clusters/${name}/forecast`, { token: world.operator, body, headers: { 'idempotency-key': key } })

  it('give the first answer again, and refuse another body', async () => {
    const first = await approve('key-00000001', { spec: 'cluster: [' })
    const again = await approve('key-00000001', { spec: 'cluster: [' })
    expect(again.text).toBe(first.text)
    expect((await approve('key-00000001', { spec: 'cluster: {' })).json).toMatchObject({ code: 'idempotency.conflict' })
    expect((await approve('key-00000001', { spec: 'cluster: [' }, 'other')).json).toMatchObject({ code: 'idempotency.conflict' })
    const other = await world.coordinator.token('operator', { owner: 'somebody else' })
    const theirs = await call(world.coordinator, 'POST /api/v1/clusters/nobody/forecast', { token: other, body: { spec: 'x' }, headers: { 'idempotency-key': 'key-00000001' } })
    expect(theirs.json).toMatchObject({ code: 'spec.invalid' })
  })

  it.each(['short', 'a'.repeat(10_240), 'with a space in it', 'tab\tinside'])('%j is refused', async (key) => {
    expect((await approve(key, { spec: 'x' })).json).toMatchObject({ code: 'request.invalid' })
  })

  it('are done once where fifty come at the same time', async () => {
    const spec = 'cluster: fifty\nk3s: { version: v1.36.2+k3s1, origin: file }\nservers: { names: [nobody] }\n'
    const before = await forecasts()
    const answers = await Promise.all(Array.from({ length: 50 }, () => approve('key-00000050', { spec }, 'fifty')))
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1)
    expect(answers[0]?.status).toBe(201)
    expect((await forecasts()) - before).toBe(1)
  })

  it('are not looked at where no token was', async () => {
    const answer = await call(world.coordinator, 'POST /nothing', { body: {}, headers: { 'idempotency-key': 'key-of-a-stranger' } })
    expect(answer.status).toBe(404)
    const stored = await world.coordinator.context.db.selectFrom('idempotency').select('key').where('key', '=', 'key-of-a-stranger').execute()
    expect(stored).toEqual([])
  })

  it('are not kept where the answer holds a secret', async () => {
    const make = (): ReturnType<typeof call> => call(world.coordinator, 'POST /api/v1/tokens', { token: world.operator, body: {}, headers: { 'idempotency-key': 'key-of-a-token' } })
    const [one, two] = [await make(), await make()]
    expect(one.json['line']).not.toBe(two.json['line'])
    const stored = await world.coordinator.context.db.selectFrom('idempotency').select('body').execute()
    expect(stored.filter((row) => row.body.includes('drvj1_'))).toEqual([])
  })

  const forecasts = async (): Promise<number> => (await world.coordinator.context.db.selectFrom('forecast').select('id').execute()).length
})

describe('who asks (25, 26)', () => {
  const get = async (headers: Readonly<Record<string, string>>, url = '/api/v1/hosts'): Promise<string> => {
    world.coordinator.clock.advance(61_000)
    const answer = await call(world.coordinator, `GET ${url}`, { headers })
    return [answer.status, answer.json['code']].join(' ').trim()
  }
  const bearer = (text: string): Record<string, string> => ({ authorization: text })

  it('is said by one good bearer token and nothing else', async () => {
    const { operator } = world
    const cases = [{}, bearer(operator), bearer(`Bearer bearer ${operator}`), bearer(`Bearer ${operator}, Bearer ${operator}`), bearer(`Basic ${operator}`)]
    const tokens = [operator.replace(/.$/, '9'), tokenText(makeToken('join')), `${operator} `, `drvp1_${'a'.repeat(8192)}`]
    for (const headers of [...cases, ...tokens.map((token) => bearer(`Bearer ${token}`))]) expect([headers, await get(headers)]).toEqual([headers, '401 auth.missing'])
    expect(await get({}, `/api/v1/hosts?token=${operator}&authorization=${operator}`)).toBe('401 auth.missing')
    expect(await get(bearer(`Bearer ${operator}`))).toBe('200')
  })

  it('is refused with a cookie, from a page of another site, and for a name that is not ours', async () => {
    const good = bearer(`Bearer ${world.operator}`)
    expect(await get({ ...good, cookie: 'session=1' })).toBe('400 request.invalid')
    expect(await get({ ...good, origin: 'null' })).toBe('403 auth.forbidden')
    expect(await get({ ...good, origin: 'https://attacker.example' })).toBe('403 auth.forbidden')
    expect(await get({ ...good, 'sec-fetch-site': 'cross-site' })).toBe('403 auth.forbidden')
    expect(await get({ ...good, host: 'attacker.example' })).toBe('421 request.host')
    expect(await get({ ...good, origin: 'https://10.0.0.1:8443' })).toBe('200')
  })

  it('counts by the address of the socket, whatever X-Forwarded-For says', async () => {
    world.coordinator.clock.advance(61_000)
    const statuses = []
    for (let count = 0; count < 21; count += 1) statuses.push((await call(world.coordinator, 'GET /api/v1/hosts', { headers: { 'x-forwarded-for': `10.9.8.${String(count)}` } })).status)
    expect(statuses.at(-1)).toBe(429)
    world.coordinator.clock.advance(901_000)
  })
})

/** Sends bytes as they are over TLS; the status line that comes back, or `closed`. */
const send = (text: string): Promise<string> =>
  new Promise((resolve) => {
    let got = ''
    const socket = connect({ host: '127.0.0.1', port: world.port, rejectUnauthorized: false }, () => socket.write(text))
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1')
      if (got.includes('\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(got.split('\r\n')[0]?.replace(/^HTTP\/1.1 /, '') ?? 'closed'))
  })
const head = (line: string, ...headers: readonly string[]): string => [line, 'Host: 127.0.0.1', `Authorization: Bearer ${world.operator}`, ...headers, '', ''].join('\r\n')

describe('broken HTTP (15, 16, 27)', () => {
  const JSON_TYPE = 'Content-Type: application/json'

  it('is refused and the connection closed', async () => {
    expect(await send(`${head('POST /api/v1/tokens HTTP/1.1', JSON_TYPE, 'Content-Length: 2', 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`)).toMatch(/^400/)
    expect(await send(`${head('POST /api/v1/tokens HTTP/1.1', JSON_TYPE, 'Content-Length: 1')}{}`)).toMatch(/^400/)
    expect(await send('GET /\r\n\r\n')).toMatch(/^4|^$/)
    expect(await send(`${head('POST /api/v1/tokens HTTP/1.1', JSON_TYPE, 'Transfer-Encoding: chunked')}${'10000\r\n'.concat('a'.repeat(65_536), '\r\n').repeat(5)}`)).toMatch(/^413/)
  })

  it('in other methods and targets than a route has, is refused', async () => {
    expect(await send(head('TRACE /api/v1/hosts HTTP/1.1'))).toMatch(/^40[045]/)
    expect(await send(head('CONNECT 127.0.0.1:443 HTTP/1.1'))).toMatch(/^40[045]|^$/)
    expect(await send(head('GET http://attacker.example/api/v1/hosts HTTP/1.1'))).toMatch(/^4/)
    const override = await call(world.coordinator, 'POST /api/v1/hosts/nobody', { token: world.operator, body: {}, headers: { 'x-http-method-override': 'DELETE' } })
    expect(override.json).toMatchObject({ code: 'request.method' })
    expect((await call(world.coordinator, 'GET /api/v2/hosts', { token: world.operator })).json).toMatchObject({ code: 'resource.unknown' })
  })
})

describe('what can be made twice (29)', () => {
  it('is made fifty times without a key', async () => {
    const before = (await readJoinTokens(world.coordinator.context.db)).length
    const answers = await Promise.all(Array.from({ length: 50 }, () => post({ body: {} })))
    expect(new Set(answers)).toEqual(new Set(['201']))
    expect((await readJoinTokens(world.coordinator.context.db)).length - before).toBe(50)
  })
})
