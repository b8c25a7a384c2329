import type { PlanInput } from '@drover/protocol'
import { startedServers } from './etcd-members.ts'
import { isFresh } from './facts.ts'
import type { Member } from './members.ts'
import { waitReach } from './wait.ts'

/** True while a server's `/readyz` was seen to answer ok not long ago. */
export const isApiUp = (input: PlanInput): boolean => input.view.facts.api?.value === 'up' && isFresh(input.view.facts.api, input.now)

/** The server that speaks for the cluster: the seed, or while that is out of reach the first other one that has started. */
export const speakerOf = (input: PlanInput, seed: Member): Member => [seed, ...startedServers(input)].find((server) => waitReach(input, server) === null) ?? seed
