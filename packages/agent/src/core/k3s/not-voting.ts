import type { EtcdFact } from '@drover/protocol'

/** What keeps the etcd member of a host from counting as one that votes, for people; null where nothing does. */
export const notVoting = (told: EtcdFact | null): string | null => {
  if (told === null) return 'its etcd does not answer yet'
  if (told.member === 'learner') return 'its etcd member is a learner, which has no vote yet'
  if (told.leader === null) return 'its etcd member knows of no leader'
  return told.healthy ? null : 'its etcd member says that it is not healthy'
}
