import type { JournalRecord } from '@drover/agent'
import type { Host } from '../host.ts'
import { type JournalOf, journalsOf } from './moments.ts'

/** One server whose schedule fires every minute and keeps two. */
export const EVERY_MINUTE = `cluster: home
k3s: { version: VERSION }
servers: { select: { role: server } }
network: { node: 10.0.0.0/24 }
snapshots: { schedule: "* * * * *", keep: 2 }
`

/** How long three firings may take on a machine that is busy. */
export const MINUTES = { limitMs: 280_000, everyMs: 50 }

/** The journals of snapshots that a host took from a time on (ms). */
export const takesOf = (host: Host, since: number): readonly JournalOf[] => journalsOf(host, since).filter(({ kind }) => kind === 'snapshot.take')

/** The record that ended an order; undefined while it goes on. */
export const endOf = ({ records }: Pick<JournalOf, 'records'>): JournalRecord | undefined => records.find(({ type }) => type === 'DONE' || type === 'FAILED')

/** The types of the records that ended these orders, of those that have ended. */
export const endsOf = (journals: readonly JournalOf[]): readonly string[] => journals.flatMap((one) => endOf(one)?.type ?? [])

/** What ended orders gave back, of those that were done. */
export const resultsOf = (journals: readonly JournalOf[]): readonly { readonly name: string; readonly grade: string }[] =>
  journals.flatMap((one) => {
    const end = endOf(one)
    return end?.type === 'DONE' ? [end.result as { name: string; grade: string }] : []
  })
