import { type Finding, type PlanInput, renderConfig, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import { hostConfig } from '../host-config.ts'
import { seedOf } from '../members.ts'

/** k3s takes these at the first start only; a change afterwards breaks the cluster or is ignored. */
const FIRST_START_ONLY: Readonly<Record<string, string>> = {
  'cluster-cidr': 'network.pods',
  'service-cidr': 'network.services',
  'cluster-dns': 'options.cluster-dns',
  'cluster-domain': 'options.cluster-domain',
  'secrets-encryption': 'options.secrets-encryption',
}

const settingsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split('\n').flatMap((line) => {
    const at = line.indexOf(': ')
    return at > 0 ? [[line.slice(0, at), line.slice(at + 2)] as const] : []
  }))

/** Fields of the spec that the running server was started with otherwise and that cannot change any more. */
export const findClusterChanges = (input: PlanInput): readonly Finding[] => {
  const seed = seedOf(input)
  if (seed?.facts.k3s?.wasActive !== true || seed.facts.config === null) return []
  const was = settingsOf(seed.facts.config.text)
  const wanted = settingsOf(renderConfig(hostConfig(input, seed.id)))
  return Object.entries(FIRST_START_ONLY).flatMap(([key, field]) => {
    const before = was.get(key) ?? 'not set'
    return before === (wanted.get(key) ?? 'not set') ? [] : [finding('fatal', say('finding.immutable', { field, was: before }), [seed.id])]
  })
}
