import { describe, expect, it } from 'vitest'
import { CLOSE } from '../wire/close-codes.ts'
import { DOMAINS } from '../wire/domains.ts'
import { HELLO_OFFSETS } from '../wire/hello-layout.ts'
import { encodeAccept, encodeRefuse } from './answer-bytes.ts'
import { toBase32 } from './base32.ts'
import { concat, fromText, fromUtf8, toText, utf8 } from './bytes.ts'
import type { Decide, Decision } from './decide.ts'
import { signEnrolment } from './enrolment.ts'
import { createClientHandshake, type ClientHandshakeOptions, type ClientStep, type Entry } from './handshake-client.ts'
import { createServerHandshake, type ServerHandshakeOptions, type ServerStep } from './handshake-server.ts'
import { splitHello } from './hello-bytes.ts'
import { generateSealPair, hostIdOf } from './keys.ts'
import { SMALL_ORDER_ENCODINGS } from './points.ts'
import { sign, signingKey, verifyKey, type SigningKey } from './sign.ts'
import { tokenSigningKey, type Token } from './token.ts'
import { sessionIdOf, transcriptHash } from './transcript.ts'

const coordinator = signingKey(new Uint8Array(32).fill(1))
const node = signingKey(new Uint8Array(32).fill(2))
const rogue = signingKey(new Uint8Array(32).fill(3))
const token: Token = { kind: 'join', id: 'abcdefgh23', secret: new Uint8Array(32).fill(4) }
const sealPub = generateSealPair().publicKey
const pin = `sha256//${'A'.repeat(43)}=`
const nodeId = hostIdOf(node.publicKey)
const admit: Decision = { ok: true, nodeId, state: 'active', serial: 1, enrolledAt: 5 }
const enrolment = signEnrolment({ nodeId, nodePub: toText(node.publicKey), serial: 1, at: 5 }, coordinator)
const resume: Entry = { mode: 'resume', enrolment }
const offer = {
  endpoints: ['https://10.0.0.5:8443'],
  epoch: 3,
  limits: { heartbeatMs: 15_000, deadMs: 45_000, controlBody: 65_536, inventoryEveryMs: 10_000 },
  serverTime: 1_700_000_000_000,
}
const facts = {
  agentVersion: '0.1.0',
  bundleSha256: null,
  policyDigest: null,
  bootId: 'b00',
  bootCount: 1,
  journalHead: { count: 0, hash: null },
  maxEpochSeen: 0,
  sealSerial: 1,
  successionSerial: 0,
  machine: { machineId: null, productUuid: null, macs: null },
  hostname: 'host-1',
}
const fail = (what: string): never => {
  throw new Error(what)
}
const checked = (key: SigningKey) => verifyKey(key.publicKey) ?? fail('weak key')

type Asked = { tokenKey: string[]; enrol: number; resume: Parameters<Decide['resume']>[0][]; budget: number }
const server = (change: Partial<ServerHandshakeOptions> & { known?: boolean; decision?: Decision } = {}) => {
  const asked: Asked = { tokenKey: [], enrol: 0, resume: [], budget: 0 }
  const { known = true, decision = admit, ...options } = change
  const decide: Decide = {
    tokenKey: async (id) => {
      asked.tokenKey.push(id)
      return Promise.resolve(known ? tokenSigningKey(token).publicKey : null)
    },
    enrol: async () => {
      asked.enrol += 1
      return Promise.resolve(decision)
    },
    resume: async (greeting) => {
      asked.resume.push(greeting)
      return Promise.resolve(decision)
    },
  }
  const budget = (): boolean => (asked.budget += 1) > 0
  const identity = { key: coordinator, tlsPins: [pin], behindProxy: false }
  const nonceC = new Uint8Array(32).fill(7)
  const base = { identity, bootId: 'c00', nonceC, remoteAddress: '10.0.0.9', offer: () => offer, budget, decide }
  return { ...createServerHandshake({ ...base, ...options }), asked }
}
const client = (change: Partial<ClientHandshakeOptions> = {}) =>
  createClientHandshake({
    node,
    sealPub,
    coordinator: checked(coordinator),
    entry: { mode: 'enrol', token },
    facts,
    tlsPin: pin,
    nonceA: new Uint8Array(32).fill(8),
    wallTime: 9,
    ...change,
  })
const sent = (step: ClientStep | ServerStep): Uint8Array => ('bytes' in step ? step.bytes : fail(JSON.stringify(step)))
const helloFor = (challenge: Uint8Array, change: Partial<ClientHandshakeOptions> = {}): Uint8Array =>
  sent(client(change).receive(challenge))
const closeOf = (step: ServerStep): number | 'accept' => (step.do === 'accept' ? 'accept' : step.close)

/** HELLO with its body or head rewritten and signed anew by the node: lies that a real key tells. */
const resigned = (hello: Uint8Array, change: (unsigned: Uint8Array) => Uint8Array): Uint8Array => {
  const split = splitHello(hello)
  const unsigned = change(split.ok ? new Uint8Array(split.hello.unsigned) : fail('hello'))
  return concat([unsigned, sign(DOMAINS.helloNode, [unsigned], node)])
}
const put = (at: number, bytes: Uint8Array) => (unsigned: Uint8Array): Uint8Array => {
  unsigned.set(bytes, at)
  return unsigned
}

describe('a handshake', () => {
  it.each([['enrol', { mode: 'enrol', token }], ['resume', resume]] as const)('by %s ends in one session id on both sides', async (_mode, entry) => {
    const it = server()
    const host = client({ entry })
    const step = await it.hello(sent(host.receive(it.challenge)))
    const opened = host.receive(sent(step))
    expect(opened).toMatchObject({ do: 'open', accept: { nodeId, state: 'active', epoch: 3, enrolment, endpoints: offer.endpoints } })
    expect(step.do === 'accept' && step.admitted.sessionId).toEqual(opened.do === 'open' && opened.sessionId)
    expect(it.challenge.length).toBeLessThanOrEqual(512)
  })

  it('proves the token without sending its secret in any form', () => {
    const hello = Buffer.from(helloFor(server().challenge))
    expect(hello.includes(token.id)).toBe(true)
    for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      expect(hello.includes(Buffer.from(token.secret).toString(form).slice(0, 20))).toBe(false)
    }
    expect(hello.includes(toBase32(token.secret).slice(0, 20))).toBe(false)
  })

  it('gives the store our own record, and only for the key that presents it', async () => {
    const it = server()
    await it.hello(helloFor(it.challenge, { entry: resume }))
    expect(it.asked.resume[0]?.claimed).toMatchObject({ nodeId, serial: 1 })
    const stolen = server()
    await stolen.hello(helloFor(stolen.challenge, { entry: resume, node: rogue }))
    expect(stolen.asked.resume[0]?.claimed).toBeNull()
    const forged = server()
    const made = signEnrolment({ nodeId: 'h-x', nodePub: toText(node.publicKey), serial: 1, at: 5 }, rogue)
    await forged.hello(helloFor(forged.challenge, { entry: { mode: 'resume', enrolment: made } }))
    expect(forged.asked.resume[0]?.claimed).toBeNull()
  })

  it('sends a signed refusal that only this connection believes', async () => {
    const it = server({ decision: { ok: false, code: 'revoked', retryAfterMs: 5 } })
    const host = client({ entry: resume })
    const step = await it.hello(sent(host.receive(it.challenge)))
    expect(closeOf(step)).toBe(CLOSE.refused)
    const other = client({ entry: resume, nonceA: new Uint8Array(32).fill(9) })
    other.receive(it.challenge)
    expect(other.receive(sent(step))).toMatchObject({ do: 'fail', fault: 'coordinator-key-mismatch' })
    expect(host.receive(sent(step))).toMatchObject({ do: 'refused', refuse: { code: 'revoked', retryAfterMs: 5 } })
  })
})

describe('the coordinator closes', () => {
  const refused: readonly (readonly [name: string, change: (hello: Uint8Array) => Uint8Array, close: number])[] = [
    ['nothing', () => new Uint8Array(), CLOSE.malformed],
    ['a HELLO that is cut', (hello) => hello.subarray(0, 211), CLOSE.malformed],
    ['a HELLO with a byte behind it', (hello) => concat([hello, new Uint8Array(1)]), CLOSE.malformed],
    ['a HELLO of 9 KiB', (hello) => concat([hello, new Uint8Array(9_216)]), CLOSE.tooLarge],
    ['another layout', (hello) => put(3, utf8('2'))(hello), CLOSE.version],
    ['another version byte', (hello) => put(HELLO_OFFSETS.version, new Uint8Array([2]))(hello), CLOSE.version],
    ['mode 3', (hello) => put(HELLO_OFFSETS.mode, new Uint8Array([3]))(hello), CLOSE.malformed],
    ['resume with a token id', (hello) => put(HELLO_OFFSETS.tokenId, utf8('a'))(hello), CLOSE.malformed],
    ['a body length of 2^32-1', (hello) => put(HELLO_OFFSETS.bodyLength, new Uint8Array(4).fill(255))(hello), CLOSE.malformed],
    ["another connection's nonce", (hello) => resigned(hello, put(HELLO_OFFSETS.nonceC, new Uint8Array(32))), CLOSE.badSignature],
    ['a changed byte of the body', (hello) => put(HELLO_OFFSETS.body + 9, utf8('~'))(hello), CLOSE.badSignature],
    ['an all-zero signature', (hello) => put(hello.length - 64, new Uint8Array(64))(hello), CLOSE.badSignature],
    ["another node's key", (hello) => put(HELLO_OFFSETS.nodePub, rogue.publicKey)(hello), CLOSE.badSignature],
    ['a low-order seal key', (hello) => resigned(hello, put(HELLO_OFFSETS.sealPub, new Uint8Array(32))), CLOSE.refused],
    ['a body that is not strict', (hello) => resigned(hello, (unsigned) => put(HELLO_OFFSETS.body, utf8('{"hostname'))(unsigned)), CLOSE.malformed],
  ]
  it.each(refused)('%s', async (_name, change, close) => {
    const it = server()
    expect(closeOf(await it.hello(change(helloFor(it.challenge, { entry: resume }))))).toBe(close)
    expect(it.asked.resume).toEqual([])
  })

  it.each([...SMALL_ORDER_ENCODINGS, `f0${'ff'.repeat(30)}7f`])('a node key that is a bad point: %s', async (hex) => {
    const it = server()
    const hello = put(HELLO_OFFSETS.nodePub, new Uint8Array(Buffer.from(hex, 'hex')))(helloFor(it.challenge, { entry: resume }))
    expect(closeOf(await it.hello(hello))).toBe(CLOSE.refused)
  })

  it('a HELLO whose node key has 31 bytes: nothing stands where it should any more', async () => {
    const it = server()
    const hello = helloFor(it.challenge, { entry: resume })
    const short = concat([hello.subarray(0, HELLO_OFFSETS.nodePub), hello.subarray(HELLO_OFFSETS.nodePub + 1)])
    expect(closeOf(await it.hello(short))).toBe(CLOSE.malformed)
  })

  it('an agent that is pinned to another coordinator, before its token is spent', async () => {
    const it = server()
    expect(closeOf(await it.hello(helloFor(it.challenge, { coordinator: checked(rogue) })))).toBe(CLOSE.refused)
    expect(it.asked).toMatchObject({ tokenKey: [], enrol: 0 })
  })

  it('when the budget of signature checks is spent, before it checks one', async () => {
    const it = server({ budget: () => false })
    expect(closeOf(await it.hello(helloFor(it.challenge)))).toBe(CLOSE.rate)
  })
})

describe('the coordinator refuses, signed,', () => {
  const codeOf = async (it: ReturnType<typeof server>, change: Partial<ClientHandshakeOptions>): Promise<string> => {
    const step = await it.hello(helloFor(it.challenge, change))
    return step.do === 'refuse' ? step.code : step.do
  }

  it('every bad token alike: unknown, wrong secret, or refused by the store', async () => {
    const wrong: Entry = { mode: 'enrol', token: { ...token, secret: new Uint8Array(32).fill(9) } }
    const unknown = server({ known: false })
    expect(await codeOf(unknown, {})).toBe('token-refused')
    const other = server()
    expect(await codeOf(other, { entry: wrong })).toBe('token-refused')
    expect(unknown.asked.enrol + other.asked.enrol).toBe(0)
    const spent = server({ decision: { ok: false, code: 'token-refused', retryAfterMs: 60_000 } })
    expect(await codeOf(spent, {})).toBe('token-refused')
  })

  it('a certificate that is not ours, unless a proxy is declared', async () => {
    const seen = { tlsPin: `sha256//${'B'.repeat(43)}=` }
    expect(await codeOf(server(), seen)).toBe('tls-intercepted')
    const identity = { key: coordinator, tlsPins: [pin], behindProxy: true }
    expect(await codeOf(server({ identity }), seen)).toBe('accept')
  })

  it('versions that have nothing in common', async () => {
    const it = server()
    const hello = resigned(helloFor(it.challenge, { entry: resume }), (unsigned) => replaceText(unsigned, '"versions":[1]', '"versions":[9]'))
    const step = await it.hello(hello)
    expect(step).toMatchObject({ do: 'refuse', code: 'version', close: CLOSE.version })
  })
})

describe('the agent', () => {
  it('says nothing to what is not a CHALLENGE, or offers no version in common', () => {
    const { challenge } = server()
    expect(client().receive(new Uint8Array(600)).do).toBe('fail')
    expect(client().receive(utf8('DRC1{}')).do).toBe('fail')
    expect(client().receive(replaceText(challenge, '"versions":[1]', '"versions":[2]'))).toMatchObject({ fault: 'version' })
  })

  it('believes only its own coordinator, and notices when CHALLENGE or HELLO was changed on the way', async () => {
    const trimmed = server()
    const host = client()
    const hello = sent(host.receive(replaceText(trimmed.challenge, '"serverTime":1', '"serverTime":2')))
    expect(host.receive(sent(await trimmed.hello(hello)))).toMatchObject({ do: 'fail', fault: 'coordinator-key-mismatch', close: 4401 })
    const identity = { key: rogue, tlsPins: [pin], behindProxy: false }
    const imposter = server({ identity })
    const victim = client()
    const step = await imposter.hello(sent(victim.receive(imposter.challenge)))
    expect(step).toMatchObject({ do: 'close', close: CLOSE.refused })
    expect(victim.receive(encodeRefuse({ code: 'revoked', retryAfterMs: 0, transcriptHash: toText(new Uint8Array(32)) }, new Uint8Array(32), rogue)))
      .toMatchObject({ do: 'fail', fault: 'coordinator-key-mismatch' })
  })

  it('checks what even a signed ACCEPT says', async () => {
    const it = server()
    const host = client({ entry: resume })
    const hello = sent(host.receive(it.challenge))
    const split = splitHello(hello)
    const transcript = transcriptHash(it.challenge, split.ok ? split.hello.unsigned : fail('hello'))
    const good = {
      ...offer,
      sessionId: toText(sessionIdOf(transcript)),
      nodeId,
      state: 'active' as const,
      enrolment,
      version: 1,
      succession: [],
      transcriptHash: toText(transcript),
    }
    const other = signEnrolment({ nodeId: 'h-other', nodePub: toText(node.publicKey), serial: 1, at: 5 }, coordinator)
    const stolen = signEnrolment({ nodeId, nodePub: toText(rogue.publicKey), serial: 1, at: 5 }, coordinator)
    const wrong = [
      { sessionId: toText(new Uint8Array(32)) },
      { version: 2 },
      { enrolment: other },
      { enrolment: other, nodeId: 'h-other' },
      { enrolment: stolen },
      { transcriptHash: toText(new Uint8Array(32)) },
      { endpoints: ['http://10.0.0.5:8443'] },
      { endpoints: ['https://user@10.0.0.5'] },
    ]
    for (const change of wrong) {
      expect(host.receive(encodeAccept({ ...good, ...change }, transcript, coordinator))).toMatchObject({ do: 'fail', fault: 'malformed' })
    }
    expect(host.receive(encodeAccept(good, transcript, coordinator)).do).toBe('open')
  })
})

const replaceText = (bytes: Uint8Array, from: string, to: string): Uint8Array => {
  const latin = Buffer.from(bytes).toString('latin1')
  if (!latin.includes(from)) fail(`nothing to replace: ${from}`)
  return new Uint8Array(Buffer.from(latin.replace(from, to), 'latin1'))
}

it('text that is not canonical base64url or not UTF-8 has no bytes', () => {
  expect(fromText('AB')).toBeNull()
  expect(fromText('AA==')).toBeNull()
  expect(fromText('+/')).toBeNull()
  expect(fromUtf8(new Uint8Array([0xc0, 0x80]))).toBeNull()
})
