import { CLOSE, type CloseCode } from '../wire/close-codes.ts'
import { DOMAINS } from '../wire/domains.ts'
import type { Accept, HelloBody, HelloFacts, Refuse, SignedEnrolment } from '../wire/handshake.ts'
import { PROTOCOL_VERSION, PROTOCOL_VERSIONS } from '../wire/limits.ts'
import { readAnswer, readChallenge } from './answer-bytes.ts'
import { concat, equalBytes, fromText, toText } from './bytes.ts'
import { openEnrolment } from './enrolment.ts'
import { encodeHello } from './hello-bytes.ts'
import { jsonBytes } from './json-bytes.ts'
import { sign, type SigningKey, type VerifyKey } from './sign.ts'
import { tokenSigningKey, type Token } from './token.ts'
import { sessionIdOf, transcriptHash } from './transcript.ts'

/** How a host comes in: with a join token once, with its enrolment record ever after. */
export type Entry = { mode: 'enrol'; token: Token } | { mode: 'resume'; enrolment: SignedEnrolment | null }

/** What a client handshake needs: keys, the pinned coordinator, facts, the TLS pin seen, a fresh 32-byte nonce, and the wall clock in ms for display. */
export type ClientHandshakeOptions = {
  node: SigningKey
  sealPub: Uint8Array
  coordinator: VerifyKey
  entry: Entry
  facts: HelloFacts
  tlsPin: string
  nonceA: Uint8Array
  wallTime: number
}

/** Why a client gives up on a connection. A key mismatch is an alarm: the pin is kept, nothing falls back. */
export type ClientFault = 'malformed' | 'version' | 'coordinator-key-mismatch'

/** What to do after a message: send bytes, use the open session, heed a signed refusal, or close. */
export type ClientStep =
  | { do: 'send'; bytes: Uint8Array }
  | { do: 'open'; accept: Accept; sessionId: Uint8Array }
  | { do: 'refused'; refuse: Refuse }
  | { do: 'fail'; close: CloseCode; fault: ClientFault; reason: string }

/** The agent's side of a handshake: give it each message received, do what it says. */
export type ClientHandshake = { receive: (bytes: Uint8Array) => ClientStep }

/** A handshake for one connection; it says nothing before CHALLENGE came. */
export const createClientHandshake = (options: ClientHandshakeOptions): ClientHandshake => {
  let transcript: Uint8Array | null = null
  return {
    receive: (bytes) => {
      if (transcript !== null) return readReply(options, bytes, transcript)
      const challenge = readChallenge(bytes)
      if (!challenge.ok) return fail('malformed', `challenge: ${challenge.reason}`)
      const nonceC = fromText(challenge.value.nonceC)
      if (nonceC === null) return fail('malformed', 'challenge: nonce')
      if (!challenge.value.versions.includes(PROTOCOL_VERSION)) return fail('version', 'no version in common')
      const unsigned = unsignedHello(options, nonceC)
      transcript = transcriptHash(bytes, unsigned)
      return { do: 'send', bytes: concat([unsigned, ...signatures(options, unsigned)]) }
    },
  }
}

const unsignedHello = (options: ClientHandshakeOptions, nonceC: Uint8Array): Uint8Array => {
  const { entry, node, sealPub, nonceA } = options
  const body: HelloBody = {
    ...options.facts,
    versions: [...PROTOCOL_VERSIONS],
    minVersion: PROTOCOL_VERSION,
    coordinatorPinned: toText(options.coordinator.publicKey),
    tlsPin: options.tlsPin,
    enrolment: entry.mode === 'resume' ? entry.enrolment : null,
    wallTime: options.wallTime,
  }
  const tokenId = entry.mode === 'enrol' ? entry.token.id : null
  return encodeHello({ mode: entry.mode, nodePub: node.publicKey, sealPub, tokenId, nonceC, nonceA }, jsonBytes(body))
}

const signatures = (options: ClientHandshakeOptions, unsigned: Uint8Array): Uint8Array[] => {
  const byNode = sign(DOMAINS.helloNode, [unsigned], options.node)
  if (options.entry.mode === 'resume') return [byNode]
  return [byNode, sign(DOMAINS.helloToken, [unsigned], tokenSigningKey(options.entry.token))]
}

const readReply = (options: ClientHandshakeOptions, bytes: Uint8Array, transcript: Uint8Array): ClientStep => {
  const answer = readAnswer(bytes, transcript, options.coordinator)
  if (answer.kind === 'bad') {
    return fail(answer.fault === 'signature' ? 'coordinator-key-mismatch' : 'malformed', `answer: ${answer.reason}`)
  }
  const said = answer.kind === 'accept' ? answer.accept : answer.refuse
  if (!sameBytes(said.transcriptHash, transcript)) return fail('malformed', 'answer: transcript')
  if (answer.kind === 'refuse') return { do: 'refused', refuse: answer.refuse }
  const reason = acceptFault(options, answer.accept, sessionIdOf(transcript))
  if (reason !== null) return fail('malformed', `accept: ${reason}`)
  return { do: 'open', accept: answer.accept, sessionId: sessionIdOf(transcript) }
}

/** What a signed ACCEPT may still get wrong: another session, another version, or a record for another key or node. */
const acceptFault = (options: ClientHandshakeOptions, accept: Accept, sessionId: Uint8Array): string | null => {
  if (!sameBytes(accept.sessionId, sessionId)) return 'session'
  if (!PROTOCOL_VERSIONS.includes(accept.version)) return 'version'
  const record = openEnrolment(accept.enrolment, options.coordinator)
  if (record === null || record.nodeId !== accept.nodeId) return 'enrolment'
  if (!sameBytes(record.nodePub, options.node.publicKey)) return 'enrolment key'
  const held = options.entry.mode === 'resume' ? options.entry.enrolment : null
  if (held === null) return null
  return openEnrolment(held, options.coordinator)?.nodeId === accept.nodeId ? null : 'another node'
}

const sameBytes = (text: string, bytes: Uint8Array): boolean => {
  const decoded = fromText(text)
  return decoded !== null && equalBytes(decoded, bytes)
}

const fail = (fault: ClientFault, reason: string): ClientStep => {
  const close = { malformed: CLOSE.malformed, version: CLOSE.version, 'coordinator-key-mismatch': CLOSE.badSignature }
  return { do: 'fail', close: close[fault], fault, reason }
}
