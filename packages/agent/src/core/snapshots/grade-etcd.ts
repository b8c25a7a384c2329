import type { Snapshot } from '@drover/protocol'

/** What an etcd member said of itself at one moment; null: it did not answer. */
export type MemberSeen = { readonly votes: boolean; readonly leader: string | null; readonly healthy: boolean } | null

/** What a copy of a member is judged by; `agreed`: just before, the member had all that its leader had. */
export type CopySeen = { readonly agreed: boolean; readonly before: MemberSeen; readonly after: MemberSeen }

const isWell = (seen: MemberSeen): boolean => seen !== null && seen.votes && seen.healthy && seen.leader !== null

/** Consistent: the member voted, was healthy, did not lag, and one member led it before and after. */
export const gradeEtcd = ({ agreed, before, after }: CopySeen): Snapshot['grade'] =>
  agreed && isWell(before) && isWell(after) && before?.leader === after?.leader ? 'consistent' : 'degraded'
