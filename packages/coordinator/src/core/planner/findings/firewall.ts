import { type Finding, type PlanInput, type Said, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import { cutSessions } from '../firewall/cut-sessions.ts'
import { guardedInterfaces } from '../firewall/guarded.ts'
import { isConfirmed, wantedOf } from '../firewall/state.ts'
import { hasWitness } from '../firewall/witnesses.ts'
import { type Member, membersOf } from '../members.ts'

/** What a ruleset can name. */
const MOST_INTERFACES = 16

const unguarded = ({ host }: Member, guarded: readonly string[]): readonly string[] =>
  host.measured === undefined ? [] : guardedInterfaces(host.measured.value, guarded[0] ?? '').filter((name) => name !== '' && !guarded.includes(name))

/** Rules that are in force already have let in whoever is there. */
const cutByNewRules = (input: PlanInput, member: Member): Said | null => {
  const wanted = wantedOf(input, member)
  if (wanted === null || isConfirmed(input, member)) return null
  const cut = cutSessions(member, wanted.ruleset)
  return cut.length === 0 ? null : say('finding.cut-off-ssh', { host: member.host.name, sessions: cut.join(', ') })
}

/** What keeps the host from having a firewall of ours; none where nothing does. */
const against = (input: PlanInput, member: Member, guarded: readonly string[]): readonly Said[] => {
  const { host, facts: { firewall } } = member
  const said = [
    firewall.backend === null ? say('finding.firewall-backend', { host: host.name }) : null,
    firewall.inCharge === null ? null : say('finding.firewall-other', { host: host.name, other: firewall.inCharge }),
    guarded.length > MOST_INTERFACES ? say('finding.firewall-interfaces', { host: host.name, count: guarded.length, most: MOST_INTERFACES }) : null,
    cutByNewRules(input, member),
    !isConfirmed(input, member) && !hasWitness(input, member) ? say('finding.no-witness', { host: host.name, admins: (input.spec.firewall?.admins ?? []).slice(0, 3).join(', ') }) : null,
  ]
  return said.flatMap((one) => (one === null ? [] : [one]))
}

const judgeHost = (input: PlanInput, member: Member): readonly Finding[] => {
  if (wantedOf(input, member) === null) return []
  const guarded = input.settled.firewall?.hosts[member.id]?.guarded ?? []
  const open = unguarded(member, guarded)
  return [
    ...against(input, member, guarded).map((said) => finding('fatal', said, [member.id])),
    ...(open.length === 0 ? [] : [finding('note', say('finding.unguarded', { host: member.host.name, interfaces: open.join(', ') }), [member.id])]),
  ]
}

/** Nobody stands where only people may come from: that SSH stays reachable is then known from paper alone. */
const findPaper = (input: PlanInput): readonly Finding[] => {
  const trying = membersOf(input).filter((member) => !isConfirmed(input, member))
  const isTried = input.settled.firewall === undefined || input.settled.firewall.witnesses.length > 0
  return isTried || trying.length === 0 ? [] : [finding('note', say('finding.firewall-paper', { ports: (input.spec.firewall?.ssh ?? []).join(', ') }), [])]
}

/** The rules are taken back unless the command that approves them stays to dial. */
const findOperator = (input: PlanInput): readonly Finding[] => {
  const address = input.settled.firewall?.operator
  const trying = membersOf(input).filter((member) => !isConfirmed(input, member))
  return address === undefined ? [] : trying.map(({ id, host }) => finding('note', say('finding.operator', { host: host.name, address }), [id]))
}

/**
 * What speaks against the spec's firewall: a host that cannot have one or has another, nobody who could try it from outside,
 * interfaces that came after the approval, an SSH session that it would cut off: the host asks for those once more before it tries.
 */
export const findFirewall = (input: PlanInput): readonly Finding[] =>
  input.spec.firewall === undefined ? [] : [...membersOf(input).flatMap((member) => judgeHost(input, member)), ...findPaper(input), ...findOperator(input)]
