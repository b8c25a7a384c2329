import type { FirewallFact, Host } from '@drover/protocol'

/** A host's firewall as the API shows it. */
export const showFirewall = (fact: FirewallFact): NonNullable<Host['firewall']> => ({
  state: stateOf(fact),
  rules: (fact.staged ?? fact.active)?.rules ?? null,
  inCharge: fact.inCharge,
  unread: fact.unread?.why ?? null,
  repairs: fact.repairs,
})

const stateOf = ({ active, staged, unread }: FirewallFact): NonNullable<Host['firewall']>['state'] => {
  if (unread !== null) return 'unknown'
  if (staged !== null) return 'on trial'
  return active === null ? 'none' : 'on'
}
