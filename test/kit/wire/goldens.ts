import {
  createFrameChannel,
  encodeAccept,
  encodeChallenge,
  encodeHello,
  encodeRefuse,
  jsonBytes,
  keyText,
  sessionIdOf,
  sign,
  signEnrolment,
  signingKey,
  signOrder,
  tokenSigningKey,
  tokenText,
  toText,
  transcriptHash,
  utf8,
  concat,
  type Token,
} from '@drover/protocol/node'
import { DOMAINS } from '@drover/protocol'
import { plainFacts } from './identity.ts'

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** Fixed keys, nonces and times: everything that the goldens are made from. */
export const GOLDEN = {
  coordinator: signingKey(fill(0x11)),
  node: signingKey(fill(0x22)),
  token: { kind: 'join', id: 'abcdefgh23', secret: fill(0x33) } as Token,
  sealPub: new Uint8Array(Buffer.from('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a', 'hex')),
  nonceC: fill(0x44),
  nonceA: fill(0x55),
  pin: `sha256//${'A'.repeat(43)}=`,
  at: 1_700_000_000_000,
}

/** Each golden message of version 1 by name, as hex; text forms as they are. */
export const makeGoldens = (): Record<string, Record<string, string>> => {
  const { coordinator, node, token, at } = GOLDEN
  const nodePub = toText(node.publicKey)
  const enrolment = signEnrolment({ nodeId: 'h-aaaaaaaaaaaaaaaa', nodePub, serial: 1, at }, coordinator)
  const challenge = encodeChallenge({
    nonceC: toText(GOLDEN.nonceC),
    versions: [1],
    coordinatorPub: toText(coordinator.publicKey),
    bootId: '00000000-0000-4000-8000-00000000c00d',
    serverTime: at,
  })
  const enrol = unsignedHello(token.id, null)
  const resume = unsignedHello(null, enrolment)
  const byNode = (hello: Uint8Array): Uint8Array => sign(DOMAINS.helloNode, [hello], node)
  const transcript = transcriptHash(challenge, resume)
  const sessionId = sessionIdOf(transcript)
  const accept = encodeAccept(
    {
      sessionId: toText(sessionId),
      nodeId: 'h-aaaaaaaaaaaaaaaa',
      state: 'active',
      enrolment,
      endpoints: ['https://10.0.0.5:8443'],
      version: 1,
      epoch: 3,
      limits: { heartbeatMs: 15_000, deadMs: 45_000, controlBody: 65_536, inventoryEveryMs: 10_000 },
      serverTime: at,
      succession: [],
      transcriptHash: toText(transcript),
    },
    transcript,
    coordinator,
  )
  const refuse = encodeRefuse({ code: 'revoked', retryAfterMs: 0, transcriptHash: toText(transcript) }, transcript, coordinator)
  const hello = concat([enrol, byNode(enrol), sign(DOMAINS.helloToken, [enrol], tokenSigningKey(token))])
  return {
    handshake: {
      challenge: hex(challenge),
      helloEnrol: hex(hello),
      helloResume: hex(concat([resume, byNode(resume)])),
      transcript: hex(transcript),
      sessionId: hex(sessionId),
      accept: hex(accept),
      refuse: hex(refuse),
    },
    frames: frames(sessionId),
    records: {
      enrolmentRecord: enrolment.record,
      enrolmentSignature: enrolment.signature,
      ...signOrder(utf8('{"id":"ord-aaaaaaaaaaaaaaaa","n":1}'), coordinator),
    },
    texts: { coordinatorKey: keyText(coordinator.publicKey), joinToken: tokenText(token), apiToken: tokenText({ ...token, kind: 'api' }) },
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const unsignedHello = (tokenId: string | null, enrolment: ReturnType<typeof signEnrolment> | null): Uint8Array => {
  const { node, sealPub, nonceC, nonceA, coordinator, pin, at } = GOLDEN
  const body = jsonBytes({
    ...plainFacts,
    versions: [1],
    minVersion: 1,
    coordinatorPinned: toText(coordinator.publicKey),
    tlsPin: pin,
    enrolment,
    wallTime: at,
  })
  const mode = tokenId === null ? 'resume' : 'enrol'
  return encodeHello({ mode, nodePub: node.publicKey, sealPub, tokenId, nonceC, nonceA }, body)
}

const frames = (sessionId: Uint8Array): Record<string, string> => {
  const { coordinator, node } = GOLDEN
  const agent = createFrameChannel({ sends: 'a2c', sessionId, key: node, peer: coordinator })
  const hub = createFrameChannel({ sends: 'c2a', sessionId, key: coordinator, peer: node })
  const id = '11111111-1111-4111-8111-111111111111'
  const other = '22222222-2222-4222-8222-222222222222'
  return {
    agentData: hex(agent.seal({ kind: 'data', header: { t: 'heartbeat', id }, body: jsonBytes({ uptimeS: 1, wallTime: GOLDEN.at, openOrders: 0 }) })),
    agentAck: hex(agent.seal({ kind: 'ack', header: { t: 'ack', id: other }, body: jsonBytes({ ids: [id] }) })),
    agentBye: hex(agent.seal({ kind: 'bye', header: { t: 'bye', id: other }, body: jsonBytes({ code: 'stopping' }) })),
    hubData: hex(hub.seal({ kind: 'data', header: { t: 'observe', id, re: other }, body: jsonBytes({ everyMs: 1_000, forMs: 60_000 }) })),
    hubAck: hex(hub.seal({ kind: 'ack', header: { t: 'ack', id: other }, body: jsonBytes({ ids: [id] }) })),
  }
}
