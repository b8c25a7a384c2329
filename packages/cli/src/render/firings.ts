import type { FiringShown } from '@drover/protocol'
import type { Listing } from './output.ts'
import { span } from './table.ts'

const timeOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')

const when = ({ state, planned, endedAt }: FiringShown, now: number): string => {
  if (state === 'due') return `in ${span(planned - now)}`
  return endedAt === null ? '-' : `${span(now - endedAt)} ago`
}

/** Columns of `get firings`; ages count from `now` (ms). */
export const firingListing = (now: number): Listing<FiringShown> => ({
  name: (firing) => `${firing.host}/${firing.snapshot}`,
  none: 'No firings: no server keeps a schedule yet.',
  columns: [
    ['PLANNED (UTC)', ({ planned }) => timeOf(planned)],
    ['CLUSTER', ({ cluster }) => cluster],
    ['HOST', ({ host }) => host],
    ['SCHEDULE', ({ schedule }) => schedule],
    ['OUTCOME', ({ state }) => state],
    ['WHEN', (firing) => when(firing, now)],
    ['SNAPSHOT', ({ snapshot, state }) => (state === 'done' ? snapshot : '-')],
    ['SAID', ({ message }) => message ?? '-'],
  ],
  wide: [['TRIES', ({ attempts }) => String(attempts)]],
})
