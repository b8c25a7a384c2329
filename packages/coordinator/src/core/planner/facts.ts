import { BARE_FACTS, type Fact, type HostFacts, type HostView, OWN_FACTS, STALE_AFTER, type Time } from '@drover/protocol'

/** True while a host fact is young enough to plan on (45 s). */
export const isFresh = (fact: Fact<unknown> | undefined, now: Time): boolean =>
  fact !== undefined && now - fact.seenAt <= STALE_AFTER.host

/** True while an inventory is young enough to choose by (15 min). */
export const isMeasured = (host: HostView, now: Time): boolean =>
  host.measured !== undefined && now - host.measured.seenAt <= STALE_AFTER.inventory

/** A host as it was last seen, whatever its age; what was never seen counts as not there. */
export const lastKnown = ({ facts }: HostView): HostFacts => {
  const seen = Object.entries(facts).map(([name, fact]): [string, unknown] => [name, fact.value])
  return { ...BARE_FACTS, node: 'absent', listed: 'none', witnessed: null, ...(Object.fromEntries(seen) as Partial<HostFacts>) }
}

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
