import { BODY_LIMITS, SESSION_TIMES, type MessageClass, type Rate } from '@drover/protocol'

/** Numbers that keep one host, one address or one stranger from using up the coordinator. Times in ms. */
export type HubPolicy = {
  times: { hello: number; firstFrame: number; dead: number; heartbeat: number; close: number; check: number; quiet: number; round: number }
  sockets: { perStranger: number; perKnown: number; all: number }
  signatures: { perAddress: Rate; all: Rate }
  perNode: { frames: Rate; logBytes: Rate; inventory: Rate }
  sendQueueBytes: number
  maxSessions: number
  /** Class of each message type; a type that is not named is `control`. */
  classes: Readonly<Partial<Record<string, MessageClass>>>
  /** Messages to a host that each ask for one inventory: it may come on top of the rate. */
  asksForInventory: ReadonlySet<string>
  /** Whether an address is known to have enrolled hosts behind it; open sessions count in any case. */
  isKnownAddress: (key: string) => boolean
}

/** The defaults; each may be set lower. */
export const HUB_POLICY: HubPolicy = {
  times: {
    hello: SESSION_TIMES.hello,
    firstFrame: SESSION_TIMES.firstFrame,
    dead: SESSION_TIMES.dead,
    heartbeat: SESSION_TIMES.heartbeat,
    close: 5_000,
    check: 1_000,
    // A host that was not spoken to for so long is heard in rounds.
    quiet: 60_000,
    round: 1_000,
  },
  sockets: { perStranger: 8, perKnown: 512, all: 1_024 },
  signatures: { perAddress: { perSecond: 20, burst: 40 }, all: { perSecond: 300, burst: 300 } },
  perNode: {
    frames: { perSecond: 50, burst: 200 },
    logBytes: { perSecond: 262_144, burst: 2_097_152 },
    inventory: { perSecond: 0.1, burst: 30 },
  },
  sendQueueBytes: 4_194_304,
  maxSessions: 16_384,
  classes: {},
  asksForInventory: new Set(),
  isKnownAddress: () => false,
}

/** Largest body of a message type under a policy, in bytes. */
export const bodyLimitOf = (policy: HubPolicy, type: string): number => BODY_LIMITS[policy.classes[type] ?? 'control']

/** Settings of the HTTPS server that carries the hub: times in ms; slow or swollen headers end at Node's own parser. */
export const HTTP_SERVER_LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 8_192,
} as const

/** An upgrade request has fewer headers than this; a parser that cuts the list here hides nothing. */
export const MAX_HEADERS = 64
