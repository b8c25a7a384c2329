import { CLOSE } from '@drover/protocol'
import { addressKey } from './address-key.ts'
import type { Admission } from './admission.ts'
import type { OpenSession } from './session.ts'
import type { HubEvents } from './types.ts'

/** The open sessions: one per host. */
export type Roster = {
  /** Adds a session that proved itself; an older one of the same host is closed with 4409. */
  add: (open: OpenSession) => void
  /** Takes a session off whose socket has closed; does nothing for one that was never added. */
  remove: (open: OpenSession, code: number) => void
  get: (nodeId: string) => OpenSession | undefined
  all: () => OpenSession[]
}

/** An empty roster. */
export const createRoster = (events: HubEvents, admission: Admission): Roster => {
  const byNode = new Map<string, OpenSession>()
  const added = new Set<OpenSession>()
  return {
    add: (open) => {
      const { session } = open
      const older = byNode.get(session.nodeId)
      byNode.set(session.nodeId, open)
      added.add(open)
      admission.noteSession(addressKey(session.address), 1)
      if (older !== undefined) {
        events.onDuplicate?.({ older: older.session, newer: session })
        older.session.close(CLOSE.superseded)
      }
      events.onOpen?.(session)
    },
    remove: (open, code) => {
      if (!added.delete(open)) return
      const { session } = open
      if (byNode.get(session.nodeId) === open) byNode.delete(session.nodeId)
      admission.noteSession(addressKey(session.address), -1)
      events.onClose?.(session, code)
    },
    get: (nodeId) => byNode.get(nodeId),
    all: () => [...byNode.values()],
  }
}
