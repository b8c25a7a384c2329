import { quorumOf } from '@drover/protocol'
import type { ListedMember } from '../parse/etcd-members.ts'

/** A removal that is asked for: whose member, on which member it is asked, and whether one that votes may go. */
export type Removal = { readonly id: string; readonly self: string; readonly only: 'learner' | 'any' }

/** What speaks against taking a member out, with the arithmetic, for people; null where nothing does. */
export const againstRemoval = (members: readonly ListedMember[], { id, self, only }: Removal): string | null => {
  const going = members.find((member) => member.id === id)
  if (going === undefined || going.learner) return null
  if (only === 'learner') return 'its member votes: only a learner may be taken out by this order'
  if (id === self) return 'a member does not take itself out'
  const rest = members.filter((member) => member.id !== id && !member.learner)
  const started = rest.filter(({ name }) => name !== '').length
  const quorum = quorumOf(rest.length)
  return started >= quorum ? null : `${String(started)} of ${String(rest.length)} members that vote would be left, ${String(quorum)} are needed`
}
