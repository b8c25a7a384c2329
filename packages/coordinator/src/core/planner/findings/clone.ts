import { type Finding, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'

/** Two machines that hold one key: a person decides which is the host; until then there is a wait in place of each action. */
export const findClone = ({ id, host }: Member): readonly Finding[] => (host.clone === true ? [finding('asks', say('finding.clone', { host: host.name }), [id])] : [])
