import { type Finding, type PlanInput, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'

/** Whom the host belongs to: another cluster, a k3s that Drover did not install, somebody who has not let it in; and keys that a later drop-in takes over. */
export const findOwner = (input: PlanInput, { id, host, facts }: Member): readonly Finding[] => {
  const findings: Finding[] = []
  const owner = [facts.claim?.cluster, host.cluster].find((cluster) => cluster !== undefined && cluster !== null && cluster !== input.spec.cluster)
  if (host.state !== undefined) findings.push(finding('fatal', say('finding.not-active', { host: host.name, state: host.state }), [id]))
  if (owner !== undefined && owner !== null) findings.push(finding('fatal', say('finding.other-cluster', { host: host.name, cluster: owner }), [id]))
  const foreign = host.measured?.value.foreignK3s ?? []
  if (foreign.length > 0) findings.push(finding('fatal', say('finding.foreign-k3s', { host: host.name, what: foreign.join(', ') }), [id]))
  for (const [key, file] of Object.entries(facts.config?.overridden ?? {})) {
    findings.push(finding('note', say('finding.overridden', { host: host.name, file, key }), [id]))
  }
  return findings
}
