import * as z from 'zod'
import { bytesText, blobText, pinText, sha256Text } from './bytes-text.ts'

const natural = z.int().min(0)
const version = z.int().min(1).max(255)
const bootId = z.string().regex(/^[0-9a-f-]{1,64}$/)
const idText = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/)

/** CHALLENGE, unsigned: what the coordinator says first. Times in milliseconds since 1970 by its clock. */
export const challengeSchema = z.strictObject({
  nonceC: bytesText(32),
  versions: z.array(version).min(1).max(16),
  coordinatorPub: bytesText(32),
  bootId,
  serverTime: natural,
})
/** See `challengeSchema`. */
export type Challenge = z.infer<typeof challengeSchema>

/** What the enrolment record says, for good: this key is this node. `at` in milliseconds since 1970. */
export const enrolmentRecordSchema = z.strictObject({
  nodeId: idText,
  nodePub: bytesText(32),
  serial: natural,
  at: natural,
})
/** See `enrolmentRecordSchema`. */
export type EnrolmentRecord = z.infer<typeof enrolmentRecordSchema>

/** An enrolment record as stored and sent: its exact bytes and the coordinator's signature over them. */
export const signedEnrolmentSchema = z.strictObject({ record: blobText(512), signature: bytesText(64) })
/** See `signedEnrolmentSchema`. */
export type SignedEnrolment = z.infer<typeof signedEnrolmentSchema>

/** Hashes that tell one machine from another without naming it; null where the host does not have one. */
export const machineSchema = z.strictObject({
  machineId: sha256Text.nullable(),
  productUuid: sha256Text.nullable(),
  macs: sha256Text.nullable(),
})
/** See `machineSchema`. */
export type Machine = z.infer<typeof machineSchema>

/** What an agent says of itself in HELLO, beyond keys and nonces. */
export const helloFactsSchema = z.strictObject({
  agentVersion: z.string().min(1).max(64),
  bundleSha256: sha256Text.nullable(),
  policyDigest: sha256Text.nullable(),
  bootId,
  bootCount: natural,
  journalHead: z.strictObject({ count: natural, hash: sha256Text.nullable() }),
  maxEpochSeen: natural,
  sealSerial: natural,
  successionSerial: natural,
  machine: machineSchema,
  hostname: z.string().regex(/^[A-Za-z0-9_.-]{1,253}$/),
})
/** See `helloFactsSchema`. */
export type HelloFacts = z.infer<typeof helloFactsSchema>

/** JSON body of HELLO: facts, the versions spoken, the keys and the certificate that this agent trusts and saw. */
export const helloBodySchema = z.strictObject({
  ...helloFactsSchema.shape,
  versions: z.array(version).min(1).max(16),
  minVersion: version,
  coordinatorPinned: bytesText(32),
  tlsPin: pinText,
  enrolment: signedEnrolmentSchema.nullable(),
  wallTime: natural,
})
/** See `helloBodySchema`. */
export type HelloBody = z.infer<typeof helloBodySchema>

/** How far a host may go: a pending one is connected and gets no orders. */
export const nodeStateSchema = z.enum(['pending', 'active', 'suspended', 'retiring'])
/** See `nodeStateSchema`. */
export type NodeState = z.infer<typeof nodeStateSchema>

/** Body of ACCEPT, signed by the coordinator together with the transcript. */
export const acceptSchema = z.strictObject({
  sessionId: bytesText(32),
  nodeId: idText,
  state: nodeStateSchema,
  enrolment: signedEnrolmentSchema,
  endpoints: z.array(z.string().max(256).regex(/^https:\/\/[^\s/?#@]+$/)).max(16),
  version,
  epoch: natural,
  limits: z.strictObject({ heartbeatMs: natural, deadMs: natural, controlBody: natural, inventoryEveryMs: natural }),
  serverTime: natural,
  succession: z.array(blobText(1_024)).max(64),
  transcriptHash: bytesText(32),
})
/** See `acceptSchema`. */
export type Accept = z.infer<typeof acceptSchema>

/** Why a signed REFUSE was sent. Only `revoked` is final for the node's key. */
export const refuseCodeSchema = z.enum([
  'token-refused',
  'unknown-node',
  'revoked',
  'suspended',
  'tls-intercepted',
  'version',
  'busy',
])
/** See `refuseCodeSchema`. */
export type RefuseCode = z.infer<typeof refuseCodeSchema>

/** Body of REFUSE, signed like ACCEPT, so that nobody else can tell an agent to stop trying. */
export const refuseSchema = z.strictObject({
  code: refuseCodeSchema,
  retryAfterMs: natural,
  transcriptHash: bytesText(32),
})
/** See `refuseSchema`. */
export type Refuse = z.infer<typeof refuseSchema>
