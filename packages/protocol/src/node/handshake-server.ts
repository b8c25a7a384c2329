import { CLOSE, type CloseCode } from '../wire/close-codes.ts'
import { DOMAINS } from '../wire/domains.ts'
import { helloBodySchema, type Accept, type HelloBody, type NodeState, type RefuseCode } from '../wire/handshake.ts'
import { PROTOCOL_VERSIONS } from '../wire/limits.ts'
import { encodeAccept, encodeChallenge, encodeRefuse } from './answer-bytes.ts'
import { equalBytes, toText } from './bytes.ts'
import type { Decide, Decision } from './decide.ts'
import { openEnrolment, signEnrolment } from './enrolment.ts'
import { splitHello, type HelloParts } from './hello-bytes.ts'
import { readJsonAs } from './json-bytes.ts'
import { sealKeyFault } from './points.ts'
import { verify, verifyKey, type SigningKey, type VerifyKey } from './sign.ts'
import { sessionIdOf, transcriptHash } from './transcript.ts'

/** The coordinator as agents know it: its key, the TLS pins it serves, and whether a proxy ends TLS before it. */
export type ServerIdentity = { key: SigningKey; tlsPins: readonly string[]; behindProxy: boolean }

/** What ACCEPT tells every agent; `serverTime` and `epoch` are read at the moment of the answer. */
export type SessionOffer = Pick<Accept, 'endpoints' | 'epoch' | 'limits' | 'serverTime'>

/** What a server handshake needs; `budget` is asked once before signatures are checked, false closes 4429. */
export type ServerHandshakeOptions = {
  identity: ServerIdentity
  bootId: string
  nonceC: Uint8Array
  remoteAddress: string
  offer: () => SessionOffer
  budget: () => boolean
  decide: Decide
}

/** A node that was let in; its session is open only when its first frame has verified. */
export type Admitted = {
  nodeId: string
  state: NodeState
  nodeKey: VerifyKey
  sealPub: Uint8Array
  sessionId: Uint8Array
  hello: HelloBody
}

/** What to do after HELLO: send the signed answer, or close without a word. */
export type ServerStep =
  | { do: 'accept'; bytes: Uint8Array; admitted: Admitted }
  | { do: 'refuse'; bytes: Uint8Array; code: RefuseCode; close: CloseCode }
  | { do: 'close'; close: CloseCode; reason: string }

/** The coordinator's side of a handshake: send `challenge`, give `hello` the one message that may follow. */
export type ServerHandshake = { challenge: Uint8Array; hello: (bytes: Uint8Array) => Promise<ServerStep> }

/** A handshake for one connection. Cheap checks come first; nothing is parsed before the node's signature held. */
export const createServerHandshake = (options: ServerHandshakeOptions): ServerHandshake => {
  const { identity, bootId, nonceC } = options
  const challenge = encodeChallenge({
    nonceC: toText(nonceC),
    versions: [...PROTOCOL_VERSIONS],
    coordinatorPub: toText(identity.key.publicKey),
    bootId,
    serverTime: options.offer().serverTime,
  })
  return {
    challenge,
    hello: async (bytes) => {
      const proved = proveHello(options, bytes)
      if (proved.do === 'close') return proved
      const reply: Reply = { options, transcript: transcriptHash(challenge, proved.hello.unsigned) }
      const early = refusalBeforeDecision(identity, proved.body)
      if (early !== null) return refuse(reply, early)
      const decision = await decideOn(options, proved)
      return decision.ok ? accept(reply, proved, decision) : refuse(reply, decision)
    },
  }
}

type Proved = { do: 'go'; hello: HelloParts; nodeKey: VerifyKey; body: HelloBody }
type Closed = { do: 'close'; close: CloseCode; reason: string }
type Reply = { options: ServerHandshakeOptions; transcript: Uint8Array }
type Refusal = { code: RefuseCode; retryAfterMs: number }

const closed = (close: CloseCode, reason: string): Closed => ({ do: 'close', close, reason })

/** Size, version, nonce echo, budget, keys, signature, and then the body: in this order. */
const proveHello = (options: ServerHandshakeOptions, bytes: Uint8Array): Proved | Closed => {
  const split = splitHello(bytes)
  if (!split.ok) return closed(split.close, 'hello')
  const { hello } = split
  if (!equalBytes(hello.nonceC, options.nonceC)) return closed(CLOSE.badSignature, 'nonce')
  if (!options.budget()) return closed(CLOSE.rate, 'signature budget')
  const nodeKey = verifyKey(hello.nodePub)
  if (nodeKey === null || sealKeyFault(hello.sealPub) !== null) return closed(CLOSE.refused, 'key')
  if (!verify(DOMAINS.helloNode, [hello.unsigned], { signature: hello.nodeSignature, key: nodeKey })) {
    return closed(CLOSE.badSignature, 'signature')
  }
  const body = readJsonAs(helloBodySchema, hello.body)
  if (!body.ok) return closed(CLOSE.malformed, `hello: ${body.reason}`)
  if (body.value.coordinatorPinned !== toText(options.identity.key.publicKey)) {
    return closed(CLOSE.refused, 'agent of another coordinator')
  }
  return { do: 'go', hello, nodeKey, body: body.value }
}

const refusalBeforeDecision = (identity: ServerIdentity, body: HelloBody): Refusal | null => {
  if (chosenVersion(body) === null) return { code: 'version', retryAfterMs: 60_000 }
  if (identity.behindProxy || identity.tlsPins.includes(body.tlsPin)) return null
  return { code: 'tls-intercepted', retryAfterMs: 60_000 }
}

const chosenVersion = (body: HelloBody): number | null =>
  PROTOCOL_VERSIONS.find((version) => version >= body.minVersion && body.versions.includes(version)) ?? null

const TOKEN_REFUSED: Decision = { ok: false, code: 'token-refused', retryAfterMs: 60_000 }

const decideOn = async (options: ServerHandshakeOptions, proved: Proved): Promise<Decision> => {
  const { hello, body } = proved
  const greeting = { nodePub: hello.nodePub, sealPub: hello.sealPub, body, remoteAddress: options.remoteAddress }
  if (hello.tokenId === null) return options.decide.resume({ ...greeting, claimed: claimedRecord(options, proved) })
  const known = await options.decide.tokenKey(hello.tokenId)
  // An unknown id costs the same verification as a known one: the coordinator's own key stands in.
  const key = verifyKey(known ?? options.identity.key.publicKey)
  const signature = hello.tokenSignature ?? new Uint8Array()
  const holds = key !== null && verify(DOMAINS.helloToken, [hello.unsigned], { signature, key })
  return known !== null && holds ? options.decide.enrol({ ...greeting, tokenId: hello.tokenId }) : TOKEN_REFUSED
}

const claimedRecord = (options: ServerHandshakeOptions, proved: Proved): ReturnType<typeof openEnrolment> => {
  const own = verifyKey(options.identity.key.publicKey)
  if (proved.body.enrolment === null || own === null) return null
  const record = openEnrolment(proved.body.enrolment, own)
  return record?.nodePub === toText(proved.hello.nodePub) ? record : null
}

const accept = (reply: Reply, proved: Proved, decision: Decision & { ok: true }): ServerStep => {
  const { options, transcript } = reply
  const { nodeId, state, serial, enrolledAt } = decision
  const { key } = options.identity
  const sessionId = sessionIdOf(transcript)
  const nodePub = toText(proved.hello.nodePub)
  const message: Accept = {
    ...options.offer(),
    sessionId: toText(sessionId),
    nodeId,
    state,
    enrolment: signEnrolment({ nodeId, nodePub, serial, at: enrolledAt }, key),
    version: chosenVersion(proved.body) ?? 0,
    succession: [],
    transcriptHash: toText(transcript),
  }
  const { nodeKey, body: hello } = proved
  const { sealPub } = proved.hello
  const admitted: Admitted = { nodeId, state, nodeKey, sealPub, sessionId, hello }
  return { do: 'accept', bytes: encodeAccept(message, transcript, key), admitted }
}

const refuse = (reply: Reply, refusal: Refusal): ServerStep => {
  const { code, retryAfterMs } = refusal
  const { key } = reply.options.identity
  const bytes = encodeRefuse({ code, retryAfterMs, transcriptHash: toText(reply.transcript) }, reply.transcript, key)
  return { do: 'refuse', bytes, code, close: code === 'version' ? CLOSE.version : CLOSE.refused }
}
