import { generateSealPair, generateSigningPair, hostIdOf, signingKey, verifyKey, type SigningKey, type VerifyKey } from '@drover/protocol/node'
import type { HelloFacts } from '@drover/protocol'

/** A host's keys and what it says of itself. */
export type TestHost = { node: SigningKey; sealPub: Uint8Array; sealSecret: Uint8Array; nodeId: string; facts: HelloFacts }

/** A host with fresh keys. */
export const makeHost = (facts: Partial<HelloFacts> = {}): TestHost => {
  const node = signingKey(generateSigningPair().secret)
  const seal = generateSealPair()
  return {
    node,
    sealPub: seal.publicKey,
    sealSecret: seal.secret,
    nodeId: hostIdOf(node.publicKey),
    facts: { ...plainFacts, ...facts },
  }
}

/** The public half of a signing key; throws where it is not a good one. */
export const publicHalf = (key: SigningKey): VerifyKey => {
  const found = verifyKey(key.publicKey)
  if (found === null) throw new Error('weak key in a test')
  return found
}

/** Facts of a host of which nothing is known. */
export const plainFacts: HelloFacts = {
  agentVersion: '0.1.0',
  bundleSha256: null,
  policyDigest: null,
  bootId: '00000000-0000-4000-8000-000000000001',
  bootCount: 1,
  journalHead: { count: 0, hash: null },
  maxEpochSeen: 0,
  sealSerial: 1,
  successionSerial: 0,
  machine: { machineId: null, productUuid: null, macs: null },
  hostname: 'host-1',
}
