import * as z from 'zod'
import type { Entry, Token, VerifyKey } from '@drover/protocol/node'
import { connect, type Accepted, type Link, type LinkState, type LinkTimes } from '../../../packages/agent/src/link/index.ts'
import { makeHost, type TestHost } from './identity.ts'

/** What a test host keeps where a real one has files. */
export type TestStore = { token: Token | null; accepted: Accepted | null; writes: number; isFull?: boolean }

/** Messages that a test host takes. */
export const HOST_MESSAGES = { ping: z.strictObject({ n: z.int() }) } as const

/** A host connected by the real link, with everything that it saw. */
export type LinkedHost = {
  host: TestHost
  link: Link
  store: TestStore
  states: LinkState[]
  messages: { t: string; body: unknown; id: string }[]
  /** What the host waits for before a message counts as taken over. */
  gate: { wait: () => Promise<void> }
}

/** Where and how to connect; a store may be shared by a host that comes back. */
export type LinkedHostOptions = {
  urls: readonly string[]
  pin: string
  coordinatorKey: VerifyKey
  token?: Token
  host?: TestHost
  store?: TestStore
  times?: Partial<LinkTimes>
}

/** Starts a link. */
export const linkHost = (options: LinkedHostOptions): LinkedHost => {
  const host = options.host ?? makeHost()
  const store = options.store ?? { token: options.token ?? null, accepted: null, writes: 0 }
  const states: LinkState[] = []
  const messages: LinkedHost['messages'] = []
  const gate = { wait: async (): Promise<void> => Promise.resolve() }
  let beats = 0
  const link = connect({
    coordinator: { urls: options.urls, pin: options.pin, key: options.coordinatorKey },
    keys: { node: host.node, sealPub: host.sealPub },
    store: {
      entry: async () => Promise.resolve(entryOf(store)),
      endpoints: async () => Promise.resolve(store.accepted?.endpoints ?? []),
      accepted: async (accepted) => {
        if (store.isFull === true) throw new Error('no space left')
        store.accepted = accepted
        store.writes += 1
        return Promise.resolve()
      },
    },
    says: {
      hello: async () => Promise.resolve(host.facts),
      heartbeat: () => ({ t: 'heartbeat', body: { n: (beats += 1) } }),
    },
    messages: HOST_MESSAGES,
    onMessage: async ({ t, body, id }) => {
      messages.push({ t, body, id })
      await gate.wait()
    },
    onState: (state) => states.push(state),
    times: { retry: () => 20, ...options.times },
  })
  return { host, link, store, states, messages, gate }
}

const entryOf = (store: TestStore): Entry | null => {
  if (store.accepted !== null) return { mode: 'resume', enrolment: store.accepted.enrolment }
  return store.token === null ? null : { mode: 'enrol', token: store.token }
}
