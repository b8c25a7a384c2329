import type { Executor, ReportOutbox } from '@drover/agent'
import type { VerifyKey } from '@drover/protocol/node'
import type { TestHost } from '../wire/identity.ts'
import { type Frame, type Link, send } from './link.ts'
import type { Work } from './timeline.ts'
import type { Machine, SimWorld } from './world.ts'

/** Where a process dies: at the n-th call of the journal's hook from now on, and what dies there. */
export type Trap = { left: number; readonly what: 'process' | 'power' }

/** An agent on its host: the real executor and the real child of each step over real journal files. What lives in memory goes with the process. */
export type SimAgent = {
  readonly world: SimWorld
  readonly machine: Machine
  readonly keys: TestHost
  readonly coordinatorKey: VerifyKey
  /** Folder of the journals. */
  readonly dir: string
  /** Opens a session with the coordinator; false where that is not up. */
  readonly dial: (agent: SimAgent, link: Link) => Promise<boolean>
  /** Told of each process that begins to carry an order out, and of its end. */
  readonly onStep: (agent: SimAgent, order: string, isOver: boolean) => void
  /** Told of each order that comes, by its text. */
  readonly onOrder: (text: string) => void
  /** What ends the child of each attempt that runs. */
  readonly children: Map<string, () => void>
  resident: Resident | null
  trap: Trap | null
}

/** The resident process of an agent: what is gone when it dies. `told`: what was sent last, and the next reading. */
export type Resident = {
  readonly work: Work
  readonly executor: Executor
  readonly outbox: ReportOutbox
  readonly acks: Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>
  link: Link | null
  heardCoordinator: boolean
  everyMs: number
  until: number
  told: { text: string; nodes: string; reading: number; at: number; timer: () => void }
  sent: number
}

/** What is sent while there is no session is not sent at all; the outbox keeps what matters. */
export const tell = (agent: SimAgent, resident: Resident, { frame, ack }: { readonly frame: Frame; readonly ack: boolean }): Promise<void> => {
  const { link } = resident
  if (link === null || !link.ends.agent.isOpen) return Promise.reject(new Error('not connected'))
  resident.sent += 1
  const id = resident.sent
  send(agent.world, link, { to: 'coordinator', frame: { t: frame.t, body: structuredClone({ id, body: frame.body }) } })
  return ack ? new Promise((resolve, reject) => void resident.acks.set(id, { resolve, reject })) : Promise.resolve()
}
