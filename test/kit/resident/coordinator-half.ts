import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ForAgent, type FromAgent, TO_COORDINATOR, type ToAgent, type ToCoordinator } from '@drover/protocol'
import { generateSigningPair, keyText, signingKey, type SigningKey } from '@drover/protocol/node'
import { createHub, HTTP_SERVER_LIMITS, makeCertificate, type Certificate, type Hub, type HubSession } from '../../../packages/coordinator/src/hub/index.ts'
import { makeRegistry, type TestRegistry } from '../wire/decide.ts'

/** One message that an agent sent. */
export type FromHost = { [T in ToCoordinator]: { t: T; body: FromAgent<T>; nodeId: string } }[ToCoordinator]

/** The half of a coordinator that agents see: real hub, real TLS on loopback, the product's own messages. */
export type CoordinatorHalf = {
  readonly url: string
  readonly pin: string
  readonly key: SigningKey
  /** Give it to start the same coordinator again. */
  readonly same: SameCoordinator
  readonly registry: TestRegistry
  readonly received: FromHost[]
  readonly opened: HubSession[]
  /** What the agent's configuration file says of this coordinator. */
  readonly agentJson: string
  /** Called before a message counts as stored; where it throws the message is not acknowledged. */
  readonly onMessage: { store: (message: FromHost) => Promise<void> }
  /** Called when a session opens. */
  readonly onOpen: { call: (session: HubSession) => void }
  readonly send: <T extends ToAgent>(t: T, body: ForAgent<T>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** What makes a coordinator the same one when it starts again. */
export type SameCoordinator = { readonly seed: string; readonly certificate: Certificate; readonly port: number }

/** Starts one at an address, a new one or the same as before; resolves when it listens. */
export const startCoordinatorHalf = async (address = '127.0.0.1', same?: SameCoordinator): Promise<CoordinatorHalf> => {
  const seed = same === undefined ? generateSigningPair().secret : Buffer.from(same.seed, 'base64url')
  const key = signingKey(seed)
  const certificate = same?.certificate ?? (await makeCertificate({ names: [address] }))
  const server = createServer({ ...HTTP_SERVER_LIMITS, key: certificate.keyPem, cert: certificate.certificatePem, minVersion: 'TLSv1.3' })
  await new Promise<void>((resolve) => server.listen(same?.port ?? 0, address, resolve))
  const { port } = server.address() as AddressInfo
  const url = `https://${address}:${String(port)}`
  const told: Told = {
    registry: makeRegistry(),
    received: [],
    opened: [],
    onMessage: { store: () => Promise.resolve() },
    onOpen: { call: () => undefined },
  }
  const hub = hubOf({ key, pin: certificate.pin, url }, told)
  hub.attach(server)
  return {
    ...told,
    url,
    pin: certificate.pin,
    key,
    same: { seed: Buffer.from(seed).toString('base64url'), certificate, port },
    agentJson: JSON.stringify({ urls: [url], key: keyText(key.publicKey), pin: certificate.pin }),
    send: async (t, body) => {
      await told.opened.at(-1)?.send(t, body)
    },
    stop: async () => {
      hub.stop()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

type Told = Pick<CoordinatorHalf, 'registry' | 'received' | 'opened' | 'onMessage' | 'onOpen'>

const hubOf = (self: Pick<CoordinatorHalf, 'key' | 'pin' | 'url'>, told: Told): Hub => {
  const take =
    <T extends ToCoordinator>(t: T) =>
    async (session: HubSession, body: FromAgent<T>): Promise<void> => {
      const message = { t, body, nodeId: session.nodeId } as FromHost
      await told.onMessage.store(message)
      told.received.push(message)
    }
  return createHub({
    identity: { key: self.key, tlsPins: [self.pin], behindProxy: false, bootId: '00000000-0000-4000-8000-00000000c00d' },
    monotonic: () => performance.now(),
    decide: told.registry.decide,
    offer: () => ({ endpoints: [self.url], epoch: 3, serverTime: Date.now() }),
    messages: TO_COORDINATOR,
    handlers: {
      heartbeat: take('heartbeat'),
      facts: take('facts'),
      nodes: take('nodes'),
      inventory: take('inventory'),
      report: take('report'),
      'logs.chunk': take('logs.chunk'),
      probed: take('probed'),
    },
    policy: { classes: { inventory: 'inventory', 'logs.chunk': 'log' } },
    events: {
      onOpen: (session) => {
        told.opened.push(session)
        told.onOpen.call(session)
      },
    },
  })
}
