import { pause } from '../world.ts'
import { listMembers } from './members.ts'
import type { EtcdServer } from './server.ts'

async function promoteLearners({ api, self: { world } }: EtcdServer): Promise<void> {
  for (const member of (await listMembers(api)).filter((one) => one.isLearner)) {
    const answer = await api.call('/v3/cluster/member/promote', { ID: member.id }).catch((error: unknown) => error)
    if (!(answer instanceof Error)) world.log('info', `Promoted learner ${member.name}`)
  }
}

/** Promotes learners that are in sync, every `promoteMs`, while this server's member leads. */
export async function keepPromoting(etcd: EtcdServer): Promise<void> {
  const { world } = etcd.self
  while (!world.stopping.aborted) {
    await pause(world, world.settings.promoteMs)
    if (await etcd.leads()) await promoteLearners(etcd).catch((error: unknown) => world.log('error', `Failed to get etcd members for learner management: ${String(error)}`))
  }
}
