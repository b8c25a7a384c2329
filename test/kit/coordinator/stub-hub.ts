import type { NodeState } from '@drover/protocol'
import { generateSealPair } from '@drover/protocol/node'
import type { Hub, HubSession } from '../../../packages/coordinator/src/hub/index.ts'
import { plainFacts } from '../wire/identity.ts'

/** One message that the coordinator sent to a host. */
export type SentMessage = { readonly t: string; readonly body: unknown }

/** Sessions without sockets: what is sent is kept, and a host is connected or not as the test says. */
export type StubHub = Hub & {
  readonly sent: Map<string, SentMessage[]>
  /** Codes that sessions were closed with, by host. */
  readonly closed: Map<string, number[]>
  readonly connect: (nodeId: string, more?: { readonly state?: NodeState; readonly bootId?: string; readonly maxEpochSeen?: number }) => HubSession
  readonly disconnect: (nodeId: string) => HubSession | null
}

/** A hub to which nobody is connected. */
export const createStubHub = (now: () => number): StubHub => {
  const sessions = new Map<string, HubSession>()
  const sent: StubHub['sent'] = new Map()
  const closed: StubHub['closed'] = new Map()
  const note = <T>(all: Map<string, T[]>, id: string, item: T): void => void all.set(id, [...(all.get(id) ?? []), item])
  return {
    sent,
    closed,
    attach: () => undefined,
    handleUpgrade: () => undefined,
    sessions: () => [...sessions.values()],
    session: (id) => sessions.get(id),
    close: (id, code) => {
      note(closed, id, code)
      return sessions.delete(id)
    },
    stop: () => sessions.clear(),
    connect: (nodeId, { state = 'active', bootId = plainFacts.bootId, maxEpochSeen = 0 } = {}) => {
      const session: HubSession = {
        nodeId,
        state,
        address: '127.0.0.1',
        sealPub: generateSealPair().publicKey,
        hello: { ...plainFacts, bootId, maxEpochSeen, versions: [1], minVersion: 1, coordinatorPinned: '', tlsPin: '', enrolment: null, wallTime: now() },
        droppedLogs: () => 0,
        send: async (t, body) => {
          if (sessions.get(nodeId) !== session) throw new Error('session is closed')
          note(sent, nodeId, { t, body })
          return Promise.resolve()
        },
        close: () => void sessions.delete(nodeId),
      }
      sessions.set(nodeId, session)
      return session
    },
    disconnect: (nodeId) => {
      const session = sessions.get(nodeId) ?? null
      sessions.delete(nodeId)
      return session
    },
  }
}
