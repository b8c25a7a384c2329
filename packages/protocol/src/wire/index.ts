export { DOMAINS, HASH_PREFIXES, type Domain } from './domains.ts'
export { CLOSE, type CloseCode } from './close-codes.ts'
export {
  AGENT_PATH,
  BODY_LIMITS,
  PROTOCOL_VERSION,
  PROTOCOL_VERSIONS,
  SESSION_TIMES,
  SUBPROTOCOL,
  WIRE_LIMITS,
  type MessageClass,
} from './limits.ts'
export {
  FRAME_KINDS,
  FRAME_MAGIC,
  FRAME_MIN,
  FRAME_OFFSETS,
  SIGNATURE_LENGTH,
  ackBodySchema,
  byeBodySchema,
  frameHeaderSchema,
  type Direction,
  type FrameHeader,
  type FrameKind,
} from './frame-head.ts'
export {
  HANDSHAKE_MAGIC,
  HELLO_MODES,
  HELLO_OFFSETS,
  KEY_LENGTH,
  TOKEN_ID_LENGTH,
  type HelloMode,
} from './hello-layout.ts'
export { blobText, bytesText, pinText, sha256Text } from './bytes-text.ts'
export {
  acceptSchema,
  challengeSchema,
  enrolmentRecordSchema,
  helloBodySchema,
  helloFactsSchema,
  machineSchema,
  nodeStateSchema,
  refuseCodeSchema,
  refuseSchema,
  signedEnrolmentSchema,
  type Accept,
  type Challenge,
  type EnrolmentRecord,
  type HelloBody,
  type HelloFacts,
  type Machine,
  type NodeState,
  type Refuse,
  type RefuseCode,
  type SignedEnrolment,
} from './handshake.ts'
export {
  MAX_SEALED_SECRET,
  sealContextSchema,
  signedOrderSchema,
  type SealContext,
  type SignedOrderText,
} from './signed-bytes.ts'
