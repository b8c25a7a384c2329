import { type Finding, type PlanInput, type Request, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'
import { type Absent, absentOlder } from '../older-servers.ts'

const namesOf = (away: readonly Member[]): string => away.map(({ host }) => host.name).join(', ')

const argsOf = ({ away, members, quorum }: Absent): { readonly hosts: string; readonly away: number; readonly members: number; readonly quorum: number } => ({
  hosts: namesOf(away), away: away.length, members, quorum,
})

/** What a restore of a cluster on etcd means for its servers that cannot be reached: whether they could go on by themselves, and what becomes of them. */
export const findRestore = (input: PlanInput, request: Request): readonly Finding[] => {
  const waited = absentOlder(input, request)
  const all = absentOlder(input, undefined)
  const on = all.away.map(({ id }) => id)
  if (all.away.length === 0) return []
  if (waited.mayGoOn) return [finding('asks', say('finding.restore-absent', argsOf(waited)), on)]
  return [all.mayGoOn ? finding('asks', say('finding.restore-without', argsOf(all)), on) : finding('note', say('finding.restore-late', argsOf(all)), on)]
}
