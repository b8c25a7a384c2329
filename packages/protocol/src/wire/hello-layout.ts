/** First four bytes of the handshake messages, as text; the last character is the layout's version. */
export const HANDSHAKE_MAGIC = { challenge: 'DRC1', hello: 'DRH1', accept: 'DRA1', refuse: 'DRR1' } as const

/** Modes of HELLO by the number in its sixth byte. */
export const HELLO_MODES = { enrol: 1, resume: 2 } as const
/** Name of a HELLO mode. */
export type HelloMode = keyof typeof HELLO_MODES

/**
 * Where the parts of HELLO are: keys at fixed offsets, so that signatures are checked before anything is
 * parsed. After the body: the node's signature (64) and, on enrolment, the token's (64).
 */
export const HELLO_OFFSETS = {
  magic: 0,
  version: 4,
  mode: 5,
  nodePub: 6,
  sealPub: 38,
  tokenId: 70,
  nonceC: 80,
  nonceA: 112,
  bodyLength: 144,
  body: 148,
} as const

/** Bytes of a raw public key and of a nonce. */
export const KEY_LENGTH = 32
/** Characters of a token's id; ten zero bytes stand there on resume. */
export const TOKEN_ID_LENGTH = 10
