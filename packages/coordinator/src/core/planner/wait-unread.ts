import { say, UNKNOWN_DIGESTS, type Wait } from '@drover/protocol'
import type { Member } from './members.ts'
import { LIMITS } from './wait.ts'

/** Waits until a host can read its firewall again; the forecast goes on as if rules were there that nobody wants, so that it lacks nothing. */
export const waitUnread = ({ id, host, facts: { firewall } }: Member): Wait => ({
  key: `unread@${id}`,
  reason: say('wait.unread', { host: host.name, why: firewall.unread?.why ?? '' }),
  on: [id],
  endsWhen: say('wait.unread.ends'),
  limit: LIMITS.stale,
  atLimit: 'ask',
  assume: { hosts: { [id]: { firewall: { ...firewall, active: UNKNOWN_DIGESTS, staged: null, unread: null } } } },
})
