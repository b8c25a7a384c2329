import { expect, it } from 'vitest'
import type { LinkState } from '../link/index.ts'
import { stateOfLink } from './state-of-link.ts'

const open = { kind: 'open', url: 'https://c', nodeId: 'h-a', epoch: 1, skewMs: 0 } as const
const waiting = (cause: Extract<LinkState, { kind: 'waiting' }>['cause']): LinkState => ({ kind: 'waiting', cause, retryInMs: 1 })

it.each<[LinkState, string | undefined]>([
  [{ kind: 'connecting', url: 'https://c' }, 'connecting'],
  [{ ...open, state: 'active' }, 'enrolled'],
  [{ ...open, state: 'suspended' }, 'enrolled'],
  [{ ...open, state: 'pending' }, 'pending'],
  [waiting({ code: 'not-enrolled' }), 'refused'],
  [waiting({ code: 'refused', refuse: 'token-refused' }), 'refused'],
  [waiting({ code: 'refused', refuse: 'revoked' }), 'refused'],
  [waiting({ code: 'refused', refuse: 'busy' }), 'connecting'],
  [waiting({ code: 'unreachable', detail: 'ECONNREFUSED' }), 'connecting'],
  [waiting({ code: 'pin-mismatch', detail: 'saw x' }), 'connecting'],
  [waiting({ code: 'ended', close: 1006, detail: 'x' }), 'connecting'],
  [{ kind: 'closed' }, undefined],
])('%j is shown as %s', (link, state) => {
  expect(stateOfLink(link)?.state).toBe(state)
})
