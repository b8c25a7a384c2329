import { type Finding, type HostId, type HostView, type Role, type Said, say } from '@drover/protocol'
import { finding } from '../finding.ts'
import type { SettleInput } from '../settle-input.ts'
import { type Candidate, candidatesOf, isFree, isKept, matches, mayTake, ownerOf } from './candidate.ts'
import { compareGrades, type Grade, scoreHost } from './score-host.ts'

/** Who becomes what, with reasons, who was second, and what speaks against it. */
export type Assigned = {
  readonly roles: ReadonlyMap<HostId, Role>
  /** Members that the spec no longer means. */
  readonly leaving: ReadonlySet<HostId>
  readonly why: readonly Said[]
  readonly runnersUp: readonly Said[]
  readonly findings: readonly Finding[]
}

type Draft = { roles: Map<HostId, Role>; leaving: Set<HostId>; why: Said[]; runnersUp: Said[]; findings: Finding[] }
type Graded = Candidate & { readonly grade: Grade; readonly isWorker: boolean }

const SHOWN = 10
const roleLimit = (host: HostView, role: Role): Said => say('finding.role-limit', { host: host.name, limit: host.mayBe, role })
const selectorText = (select: Readonly<Record<string, string>>): string =>
  Object.entries(select).map(([key, value]) => `${key}=${value}`).join(',') || 'any host'

/** A host named by the spec: taken whatever it measures, unless its join token forbids the role; who it is not is said. */
const pin = (draft: Draft, names: readonly string[], of: { readonly role: Role; readonly byName: ReadonlyMap<string, Candidate> }): void => {
  for (const name of names) {
    const found = of.byName.get(name)
    if (found === undefined) draft.findings.push(finding('fatal', say('finding.unknown-host', { host: name })))
    else if (draft.roles.has(found.id)) continue
    else if (!mayTake(found.host, of.role)) draft.findings.push(finding('fatal', roleLimit(found.host, of.role), [found.id]))
    else {
      draft.roles.set(found.id, of.role)
      draft.why.push(say('role.pinned', { host: name, role: of.role }))
    }
  }
}

const isWanted = (input: SettleInput, { host }: Candidate): boolean => {
  const { agents } = input.spec
  return agents?.names?.includes(host.name) === true || (agents?.select !== undefined && matches(host, agents.select))
}

const byGrade = (a: Graded, b: Graded): number =>
  Number(a.isWorker) - Number(b.isWorker) || compareGrades(a.grade, b.grade) || (a.host.name < b.host.name ? -1 : 1)

/** The best of those in the failure domains that were picked from least often. */
const pickSpread = (pool: readonly Graded[], count: number, spread: string | undefined): readonly Graded[] => {
  const picked: Graded[] = []
  const domain = ({ host }: Graded): string => (spread === undefined ? '' : (host.labels[spread] ?? ''))
  const used = (one: Graded): number => picked.filter((other) => domain(other) === domain(one)).length
  const rest = [...pool]
  while (picked.length < count && rest.length > 0) {
    const least = Math.min(...rest.map(used))
    const [next] = rest.splice(rest.findIndex((one) => used(one) === least), 1)
    if (next !== undefined) picked.push(next)
  }
  return picked
}

/** Servers by grade among the free hosts that the selector matches; hosts that are wanted as agents come last. */
const chooseServers = (input: SettleInput, draft: Draft, free: readonly Candidate[]): void => {
  const { select, count, spread } = input.spec.servers
  const missing = count - [...draft.roles].filter(([id, role]) => role === 'server' && !draft.leaving.has(id)).length
  if (missing <= 0) return
  const meant = free.filter((one) => !draft.roles.has(one.id) && (select === undefined || matches(one.host, select)))
  const pool = meant
    .filter(({ host }) => mayTake(host, 'server'))
    .map((one) => ({ ...one, grade: scoreHost(one.host), isWorker: isWanted(input, one) }))
    .toSorted(byGrade)
  const picked = pickSpread(pool, missing, spread)
  for (const { id, host, grade } of picked) {
    draft.roles.set(id, 'server')
    if (select !== undefined) draft.why.push(say('role.selected', { host: host.name, role: 'server', selector: selectorText(select) }))
    draft.why.push(say('role.graded', { host: host.name, grade: grade.text }))
  }
  const rest = pool.filter((one) => !picked.includes(one))
  draft.runnersUp.push(...rest.slice(0, SHOWN).map(({ host, grade }) => say('role.runner-up', { host: host.name, grade: grade.text })))
  const isShort = picked.length < missing
  const limited = meant.filter(({ host }) => (select !== undefined || isShort) && !mayTake(host, 'server'))
  draft.findings.push(...limited.map(({ id, host }) => finding('note', roleLimit(host, 'server'), [id])))
  if (isShort) {
    const whom = 'active host that is free and measured'
    const reason = select === undefined ? `there is no ${whom}` : `selector ${selectorText(select)} matches no ${whom}`
    draft.findings.push(finding('fatal', say('finding.no-server', { reason })))
  }
}

const chooseAgents = (input: SettleInput, draft: Draft, free: readonly Candidate[]): void => {
  const select = input.spec.agents?.select
  if (select === undefined) return
  for (const { id, host } of free) {
    if (draft.roles.has(id) || !mayTake(host, 'agent') || !matches(host, select)) continue
    draft.roles.set(id, 'agent')
    draft.why.push(say('role.selected', { host: host.name, role: 'agent', selector: selectorText(select) }))
  }
}

const whyLeftOut = (input: SettleInput, one: Candidate): Said => {
  const { host } = one
  const owner = ownerOf(host)
  if (host.state !== undefined) return say('finding.not-active', { host: host.name, state: host.state })
  if (owner !== null && owner !== input.spec.cluster) return say('finding.other-cluster', { host: host.name, cluster: owner })
  return mayTake(host, 'agent') ? say('finding.no-inventory', { host: host.name }) : roleLimit(host, 'agent')
}

/** Hosts that a selector means but that are not taken, and why; what was said of a host that is named is not said again. */
const findLeftOut = (input: SettleInput, draft: Draft, all: readonly Candidate[]): void => {
  for (const one of all) {
    const isNamed = input.spec.agents?.names?.includes(one.host.name) === true
    if (isNamed || draft.roles.has(one.id) || !isWanted(input, one)) continue
    draft.findings.push(finding('note', whyLeftOut(input, one), [one.id]))
  }
}

const isMeant = (input: SettleInput, one: Candidate, role: Role): boolean => {
  if (role === 'agent') return isWanted(input, one)
  const { names, select } = input.spec.servers
  return names?.includes(one.host.name) ?? (select === undefined || matches(one.host, select))
}

/** Servers beyond the number of the spec: first those that do not vote, then the slowest, and the seed last. */
const surplus = (input: SettleInput, draft: Draft, known: ReadonlyMap<HostId, Candidate>): readonly HostId[] => {
  const { names, count } = input.spec.servers
  const stay = [...draft.roles].flatMap(([id, role]) => (role === 'server' && !draft.leaving.has(id) ? (known.get(id) ?? []) : []))
  if (names !== undefined || stay.length <= count) return []
  const isSilent = ({ host }: Candidate): boolean => !host.online.value || (input.previous?.etcd !== undefined && host.facts.etcd?.value !== 'voter')
  const rank = (one: Candidate): number => (one.id === input.previous?.seed ? 2 : 0) + (isSilent(one) ? 0 : 1)
  const order = stay.toSorted((a, b) => rank(a) - rank(b) || compareGrades(scoreHost(b.host), scoreHost(a.host)) || (a.host.name < b.host.name ? 1 : -1))
  return order.slice(0, stay.length - count).map(({ id }) => id)
}

/** Members of a cluster that exists keep their part; those that the spec no longer means leave. */
const keepMembers = (input: SettleInput, draft: Draft, all: readonly Candidate[]): void => {
  const { previous, view } = input
  if (previous === null) return
  const known = new Map(all.map((one) => [one.id, one]))
  for (const [key, role] of Object.entries(previous.roles)) {
    const id = key as HostId
    if (!isKept(view, previous, id)) continue
    draft.roles.set(id, role)
    const one = known.get(id)
    if (one === undefined || !isMeant(input, one, role)) draft.leaving.add(id)
  }
  for (const id of surplus(input, draft, known)) draft.leaving.add(id)
}

/** Roles from names, then labels, then hardware; members of a cluster that exists keep theirs. */
export const assignRoles = (input: SettleInput): Assigned => {
  const draft: Draft = { roles: new Map(), leaving: new Set(), why: [], runnersUp: [], findings: [] }
  const all = candidatesOf(input.view)
  const byName = new Map(all.map((one) => [one.host.name, one]))
  const free = all.filter((one) => isFree(input, one))
  keepMembers(input, draft, all)
  pin(draft, input.spec.servers.names ?? [], { role: 'server', byName })
  pin(draft, input.spec.agents?.names ?? [], { role: 'agent', byName })
  if (input.spec.servers.names === undefined) chooseServers(input, draft, free)
  chooseAgents(input, draft, free)
  findLeftOut(input, draft, all)
  return draft
}
