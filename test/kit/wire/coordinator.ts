import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as z from 'zod'
import { generateSigningPair, signingKey, type SigningKey } from '@drover/protocol/node'
import {
  createHub,
  HTTP_SERVER_LIMITS,
  makeCertificate,
  type Certificate,
  type Duplicate,
  type Hub,
  type HubPolicy,
  type HubSession,
  type TurnedAway,
} from '../../../packages/coordinator/src/hub/index.ts'
import { makeRegistry, type TestRegistry } from './decide.ts'

/** Messages that the test coordinator takes: a heartbeat, a free note, and logs. */
export const TEST_MESSAGES = {
  heartbeat: z.strictObject({ n: z.int() }),
  note: z.unknown(),
  logs: z.strictObject({ lines: z.array(z.string()) }),
} as const

/** One message that a handler got. */
export type Received = { nodeId: string; t: string; body: unknown; id: string }

/** A hub behind a real HTTPS server on loopback, with everything it told its owner. */
export type TestCoordinator = {
  url: string
  port: number
  pin: string
  key: SigningKey
  certificate: Certificate
  hub: Hub
  registry: TestRegistry
  received: Received[]
  opened: HubSession[]
  closed: { nodeId: string; code: number }[]
  turnedAway: TurnedAway[]
  duplicates: Duplicate[]
  acked: string[]
  /** What a handler waits for before its message counts as stored. */
  gate: { wait: () => Promise<void> }
  stop: () => Promise<void>
}

/** What to start with instead of fresh keys and the usual limits. */
export type TestCoordinatorOptions = {
  key?: SigningKey
  certificate?: Certificate
  registry?: TestRegistry
  policy?: Partial<HubPolicy>
  port?: number
  headersTimeout?: number
  maxHeadersCount?: number
}

/** Starts one; resolves when it listens. */
export const startCoordinator = async (options: TestCoordinatorOptions = {}): Promise<TestCoordinator> => {
  const key = options.key ?? signingKey(generateSigningPair().secret)
  const certificate = options.certificate ?? (await makeCertificate({ names: ['127.0.0.1', 'localhost'] }))
  const registry = options.registry ?? makeRegistry()
  const told = { received: [], opened: [], closed: [], turnedAway: [], duplicates: [], acked: [] } as Told
  const gate = { wait: async (): Promise<void> => Promise.resolve() }
  const server = createServer({
    ...HTTP_SERVER_LIMITS,
    ...(options.headersTimeout === undefined ? {} : { headersTimeout: options.headersTimeout, connectionsCheckingInterval: 50 }),
    key: certificate.keyPem,
    cert: certificate.certificatePem,
    minVersion: 'TLSv1.3',
  })
  server.maxHeadersCount = options.maxHeadersCount ?? null
  const port = await listen(server, options.port ?? 0)
  const url = `https://127.0.0.1:${String(port)}`
  const take = async (session: HubSession, t: string, message: { body: unknown; id: string }): Promise<void> => {
    await gate.wait()
    told.received.push({ nodeId: session.nodeId, t, ...message })
  }
  const hub = createHub({
    identity: { key, tlsPins: [certificate.pin], behindProxy: false, bootId: '00000000-0000-4000-8000-00000000c00d' },
    monotonic: () => performance.now(),
    decide: registry.decide,
    offer: () => ({ endpoints: [url], epoch: 3, serverTime: Date.now() }),
    messages: TEST_MESSAGES,
    handlers: {
      heartbeat: async (session, body, { id }) => take(session, 'heartbeat', { body, id }),
      note: async (session, body, { id }) => take(session, 'note', { body, id }),
      logs: async (session, body, { id }) => take(session, 'logs', { body, id }),
    },
    policy: { classes: { logs: 'log' }, ...options.policy },
    events: {
      onOpen: (session) => told.opened.push(session),
      onClose: (session, code) => told.closed.push({ nodeId: session.nodeId, code }),
      onTurnedAway: (away) => told.turnedAway.push(away),
      onDuplicate: (duplicate) => told.duplicates.push(duplicate),
      onAck: (_session, ids) => told.acked.push(...ids),
    },
  })
  hub.attach(server)
  const stop = async (): Promise<void> => {
    hub.stop()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return { url, port, pin: certificate.pin, key, certificate, hub, registry, ...told, gate, stop }
}

type Told = Pick<TestCoordinator, 'received' | 'opened' | 'closed' | 'turnedAway' | 'duplicates' | 'acked'>

const listen = async (server: ReturnType<typeof createServer>, port: number): Promise<number> => {
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}
