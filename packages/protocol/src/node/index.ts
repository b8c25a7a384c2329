export { concat, equalBytes, fromText, fromUtf8, toText, utf8 } from './bytes.ts'
export { jsonBytes, readJson, readJsonAs, type JsonResult } from './json-bytes.ts'
export { fromBase32, toBase32 } from './base32.ts'
export {
  SMALL_ORDER_ENCODINGS,
  privateKeyObject,
  rawPublicKey,
  sealKeyFault,
  signKeyFault,
  type Curve,
  type KeyFault,
} from './points.ts'
export { sign, signedInput, signingKey, verify, verifyKey, type SignedBy, type SigningKey, type VerifyKey } from './sign.ts'
export {
  generateSealPair,
  generateSigningPair,
  hostIdOf,
  keyFingerprint,
  keyText,
  parseKeyText,
  type RawKeyPair,
} from './keys.ts'
export {
  makeToken,
  parseToken,
  tokenSigningKey,
  tokenText,
  type Token,
  type TokenFault,
  type TokenKind,
  type TokenResult,
} from './token.ts'
export { dial, makeDial, type Dial, type Dialled } from './dial.ts'
export { copyHead, copyOpener, copySealer, freeBytes, readCopyHead, type CopyOpener, type CopySealer } from './copy-seal.ts'
export { boxAtRest, openAtRest, openSealed, sealSecret, type OpenedSeal } from './seal.ts'
export { openOrder, signOrder, type OpenedOrder } from './order.ts'
export { openEnrolment, signEnrolment } from './enrolment.ts'
export { decodeFrame, encodeFrame, type FrameContent, type FrameResult, type FrameSession } from './frame.ts'
export { createFrameChannel, type FrameChannel, type FrameChannelOptions } from './frame-channel.ts'
export { sessionIdOf, transcriptHash } from './transcript.ts'
export { encodeHello, splitHello, type HelloHead, type HelloParts } from './hello-bytes.ts'
export { encodeAccept, encodeChallenge, encodeRefuse, readAnswer, readChallenge, type Answer } from './answer-bytes.ts'
export type { Decide, Decision, EnrolGreeting, Greeting, ResumeGreeting } from './decide.ts'
export {
  createClientHandshake,
  type ClientFault,
  type ClientHandshake,
  type ClientHandshakeOptions,
  type ClientStep,
  type Entry,
} from './handshake-client.ts'
export {
  createServerHandshake,
  type Admitted,
  type ServerHandshake,
  type ServerHandshakeOptions,
  type ServerIdentity,
  type ServerStep,
  type SessionOffer,
} from './handshake-server.ts'
