/** Sizes in bytes that hold on every connection, whatever the configuration says. */
export const WIRE_LIMITS = {
  message: 524_288,
  fragments: 8,
  bufferedChunks: 256,
  challenge: 512,
  helloBody: 8_192,
  acceptBody: 8_192,
  header: 1_024,
  ackBody: 16_384,
  byeBody: 1_024,
  dataBody: 262_144,
  idsPerAck: 256,
} as const

/** Largest body, in bytes, of a data message by its class. */
export const BODY_LIMITS = { control: 65_536, inventory: 262_144, log: 32_768, plan: 262_144 } as const

/** What a message counts as: its size limit and its rate bucket follow from it. */
export type MessageClass = keyof typeof BODY_LIMITS

/** Times of a session in milliseconds; all are counted on a monotonic clock. */
export const SESSION_TIMES = {
  connect: 10_000,
  challenge: 5_000,
  hello: 5_000,
  accept: 10_000,
  firstFrame: 10_000,
  heartbeat: 15_000,
  dead: 45_000,
  drain: 10_000,
} as const

/** The only version of the protocol that this code speaks. */
export const PROTOCOL_VERSION = 1
/** Versions offered in CHALLENGE and HELLO, newest first. */
export const PROTOCOL_VERSIONS: readonly number[] = [PROTOCOL_VERSION]
/** WebSocket subprotocol that both sides insist on. */
export const SUBPROTOCOL = 'drover1'
/** Path of the agents' WebSocket on the coordinator. */
export const AGENT_PATH = '/agent/v1'
