import { type Action, type Finding, type HostId, type HostView, type PlanInput, say } from '@drover/protocol'
import { finding } from '../finding.ts'

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id

/** No rules stay that nobody has tried from outside. */
const findUnwitnessed = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  actions.flatMap(({ kind, host, params }) => {
    if (kind !== 'firewall.commit') return []
    const { rules } = params as { readonly rules: string }
    const facts = input.view.hosts[host]?.facts
    const isTried = facts?.witnessed?.value === rules && facts.firewall?.value.staged?.rules === rules
    return isTried ? [] : [finding('fatal', say('finding.unwitnessed', { host: nameOf(input, host) }), [host])]
  })

const mayTry = ({ facts: { firewall } }: HostView): boolean => firewall !== undefined && (firewall.value.staged !== null || firewall.value.unread?.traces === true)

/** Servers on which rules are staged, or may be, or are being staged or kept: as seen, as ordered, and as the plan would have it. */
const serversOnTrial = (input: PlanInput, actions: readonly Action[]): ReadonlySet<HostId> => {
  const staged = Object.entries(input.view.hosts).flatMap(([id, host]) => (mayTry(host) ? [id as HostId] : []))
  const ordered = [...input.open, ...actions].filter(({ key }) => /^firewall\.(?:stage|commit)@/.test(key)).map(({ host }) => host)
  return new Set([...staged, ...ordered].filter((id) => input.settled.roles[id] === 'server'))
}

/** At most one server at a time has rules on trial: where they shut it off, the others still serve. */
const findTwoTrials = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  if (!actions.some(({ kind }) => kind === 'firewall.stage')) return []
  const [a, b] = serversOnTrial(input, actions)
  return a === undefined || b === undefined ? [] : [finding('fatal', say('finding.two-firewalls', { a: nameOf(input, a), b: nameOf(input, b) }), [a, b])]
}

/** What must never be in a plan where firewalls are concerned. */
export const findFirewallSteps = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => [
  ...findUnwitnessed(input, actions),
  ...findTwoTrials(input, actions),
]
