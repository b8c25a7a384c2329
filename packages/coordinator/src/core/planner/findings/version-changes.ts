import { compareVersions, type Finding, type PlanInput, say, versionParts } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'

/** A version that the host must not go to from where it is, or that has no known hash for its architecture. */
export const findVersionChanges = (input: PlanInput, { id, host, facts }: Member): readonly Finding[] => {
  const want = input.spec.k3s.version
  if (input.settled.artifacts[host.arch] === undefined) return [finding('fatal', say('finding.no-hash', { version: want, arch: host.arch }), [id])]
  const have = facts.binary?.version
  if (have === undefined || have === want || facts.k3s?.wasActive !== true) return []
  if (compareVersions(want, have) < 0) return [finding('fatal', say('finding.downgrade', { want, have }), [id])]
  const skips = versionParts(want)[1] - versionParts(have)[1] > 1
  return skips ? [finding('fatal', say('finding.skips-minor', { want, have }), [id])] : []
}
