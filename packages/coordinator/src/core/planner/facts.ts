import { type Fact, type HostFacts, type HostView, NO_FIREWALL, NO_SYSCTLS, STALE_AFTER, type Time } from '@drover/protocol'

/** The facts of a host that its own agent reports; `node` comes from a server of the cluster. */
export const OWN_FACTS = ['binary', 'images', 'config', 'claim', 'k3s'] as const

/** True while a host fact is young enough to plan on (45 s). */
export const isFresh = (fact: Fact<unknown> | undefined, now: Time): boolean =>
  fact !== undefined && now - fact.seenAt <= STALE_AFTER.host

/** True while an inventory is young enough to choose by (15 min). */
export const isMeasured = (host: HostView, now: Time): boolean =>
  host.measured !== undefined && now - host.measured.seenAt <= STALE_AFTER.inventory

const known = <T>(fact: Fact<T> | undefined, otherwise: T): T => (fact === undefined ? otherwise : fact.value)

/** A host as it was last seen, whatever its age; what was never seen counts as not there. */
export const lastKnown = ({ facts }: HostView): HostFacts => ({
  binary: known(facts.binary, null),
  images: known(facts.images, {}),
  config: known(facts.config, null),
  claim: known(facts.claim, null),
  sysctls: known(facts.sysctls, NO_SYSCTLS),
  k3s: known(facts.k3s, null),
  node: known(facts.node, 'absent'),
  firewall: known(facts.firewall, NO_FIREWALL),
  witnessed: known(facts.witnessed, null),
})

/** Age in ms of the oldest fact that rules need of a host; null where one was never seen. */
export const ageOf = (host: HostView, now: Time): number | null => {
  let age = 0
  for (const name of OWN_FACTS) {
    const fact = host.facts[name]
    if (fact === undefined) return null
    age = Math.max(age, now - fact.seenAt)
  }
  return age
}
