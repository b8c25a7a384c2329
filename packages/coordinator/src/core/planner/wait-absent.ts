import { say, type Wait } from '@drover/protocol'
import type { Absent } from './older-servers.ts'
import { LIMITS } from './wait.ts'

/** Waits for members of the incarnation before that could go on by themselves; none where those that are away are too few for that. */
export const waitAbsent = ({ away, members, quorum, mayGoOn }: Absent): readonly Wait[] =>
  mayGoOn
    ? away.map(({ id, host, facts }) => ({
        key: `absent@${id}`,
        reason: say('wait.absent', { host: host.name, away: away.length, members, quorum }),
        on: [id],
        endsWhen: say('wait.absent.ends'),
        limit: LIMITS.offline,
        atLimit: 'ask' as const,
        assume: { hosts: { [id]: facts } },
      }))
    : []
