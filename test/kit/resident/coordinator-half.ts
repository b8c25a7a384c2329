import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ForAgent, type FromAgent, TO_COORDINATOR, type ToAgent, type ToCoordinator } from '@drover/protocol'
import { generateSigningPair, keyText, signingKey, type SigningKey } from '@drover/protocol/node'
import { createHub, HTTP_SERVER_LIMITS, makeCertificate, type HubSession } from '../../../packages/coordinator/src/hub/index.ts'
import { makeRegistry, type TestRegistry } from '../wire/decide.ts'

/** One message that an agent sent. */
export type FromHost = { [T in ToCoordinator]: { t: T; body: FromAgent<T>; nodeId: string } }[ToCoordinator]

/** The half of a coordinator that agents see: real hub, real TLS on loopback, the product's own messages. */
export type CoordinatorHalf = {
  readonly url: string
  readonly pin: string
  readonly key: SigningKey
  readonly registry: TestRegistry
  readonly received: FromHost[]
  readonly opened: HubSession[]
  /** What the agent's configuration file says of this coordinator. */
  readonly agentJson: string
  /** Called before a message counts as stored; where it throws the message is not acknowledged. */
  readonly onMessage: { store: (message: FromHost) => Promise<void> }
  readonly send: <T extends ToAgent>(t: T, body: ForAgent<T>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts one at an address; resolves when it listens. */
export const startCoordinatorHalf = async (address = '127.0.0.1'): Promise<CoordinatorHalf> => {
  const key = signingKey(generateSigningPair().secret)
  const certificate = await makeCertificate({ names: [address] })
  const registry = makeRegistry()
  const received: FromHost[] = []
  const opened: HubSession[] = []
  const onMessage: CoordinatorHalf['onMessage'] = { store: () => Promise.resolve() }
  const server = createServer({ ...HTTP_SERVER_LIMITS, key: certificate.keyPem, cert: certificate.certificatePem, minVersion: 'TLSv1.3' })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const url = `https://${address}:${String((server.address() as AddressInfo).port)}`
  const take =
    <T extends ToCoordinator>(t: T) =>
    async (session: HubSession, body: FromAgent<T>): Promise<void> => {
      const message = { t, body, nodeId: session.nodeId } as FromHost
      await onMessage.store(message)
      received.push(message)
    }
  const hub = createHub({
    identity: { key, tlsPins: [certificate.pin], behindProxy: false, bootId: '00000000-0000-4000-8000-00000000c00d' },
    monotonic: () => performance.now(),
    decide: registry.decide,
    offer: () => ({ endpoints: [url], epoch: 3, serverTime: Date.now() }),
    messages: TO_COORDINATOR,
    handlers: {
      heartbeat: take('heartbeat'),
      facts: take('facts'),
      inventory: take('inventory'),
      report: take('report'),
      'logs.chunk': take('logs.chunk'),
    },
    policy: { classes: { inventory: 'inventory', 'logs.chunk': 'log' } },
    events: { onOpen: (session) => opened.push(session) },
  })
  hub.attach(server)
  return {
    url,
    pin: certificate.pin,
    key,
    registry,
    received,
    opened,
    onMessage,
    agentJson: JSON.stringify({ urls: [url], key: keyText(key.publicKey), pin: certificate.pin }),
    send: async (t, body) => {
      await opened.at(-1)?.send(t, body)
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
