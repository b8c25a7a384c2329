/**
 * Every string that a signature is made under, one per purpose: a signature made for one purpose never
 * verifies for another, because the domain and a zero byte come before the signed bytes.
 */
export const DOMAINS = {
  helloNode: 'drover1 hello node',
  helloToken: 'drover1 hello token',
  accept: 'drover1 accept',
  refuse: 'drover1 refuse',
  frameToCoordinator: 'drover1 frame a2c',
  frameToAgent: 'drover1 frame c2a',
  enrolment: 'drover1 enrolment',
  order: 'drover1 order',
  grant: 'drover1 grant',
  sealKey: 'drover1 seal key',
  rotateNode: 'drover1 rotate node',
  rotateCoordinator: 'drover1 rotate coordinator',
  revoke: 'drover1 revoke',
  auditHead: 'drover1 audit head',
  releaseRoot: 'drover1 release root',
  releaseTargets: 'drover1 release targets',
  catalogue: 'drover1 catalogue',
} as const

/** One of the strings of `DOMAINS`. */
export type Domain = (typeof DOMAINS)[keyof typeof DOMAINS]

/** Prefixes of the two hashes of a handshake; they are hashed, never signed. */
export const HASH_PREFIXES = { transcript: 'drover1 transcript', session: 'drover1 session' } as const
