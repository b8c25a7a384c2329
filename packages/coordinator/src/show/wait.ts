import type { Finding, Wait, WaitShown } from '@drover/protocol'
import type * as z from 'zod'
import type { FindingSchema } from '@drover/protocol'
import type { World } from '../world/world.ts'

/** A host's name for people, its id where it is gone. */
export const nameOf = (world: World, id: string): string => world.hosts.get(id as never)?.name ?? id

/** A wait as the API shows it. */
export const showWait = (world: World, wait: Wait, since: number | null): WaitShown => ({
  key: wait.key,
  reason: { ...wait.reason, args: { ...wait.reason.args } },
  on: wait.on.map((id) => nameOf(world, id)),
  endsWhen: { ...wait.endsWhen, args: { ...wait.endsWhen.args } },
  limitMs: wait.limit,
  atLimit: wait.atLimit,
  since,
})

/** A finding as the API shows it. */
export const showFinding = (world: World, finding: Finding): z.infer<typeof FindingSchema> => ({
  level: finding.level,
  said: { ...finding.said, args: { ...finding.said.args } },
  on: finding.on.map((id) => nameOf(world, id)),
})
