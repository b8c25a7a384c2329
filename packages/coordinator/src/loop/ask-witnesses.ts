import { randomUUID } from 'node:crypto'
import { admits, type HostId, type PlanInput, type Witness } from '@drover/protocol'
import type { Context } from '../context.ts'
import { requiredPorts } from '../core/planner/firewall/required-ports.ts'
import type { Desired } from '../core/planner/firewall/ruleset.ts'
import { isOnTrial, isUnread, wantedOf } from '../core/planner/firewall/state.ts'
import { WITNESSES, witnessesFor } from '../core/planner/firewall/witnesses.ts'
import { type Member, membersOf } from '../core/planner/members.ts'
import { type Asked, isPending, type Trial } from '../world/trial.ts'
import { isCloned } from '../world/world.ts'
import { takeTestimony } from './take-testimony.ts'
import { weighTrial } from './weigh-trial.ts'

/**
 * Has witnesses dial in wherever new rules are on trial: at most three at a time, so chosen that each port is dialled by
 * somebody; one that does not answer is replaced by another. Trials that are over are forgotten, unless there is a doubt.
 */
export const askWitnesses = async (context: Context, input: PlanInput): Promise<void> => {
  if (input.spec.firewall === undefined) return
  for (const member of membersOf(input)) await followTrial(context, input, member)
}

const followTrial = async (context: Context, input: PlanInput, member: Member): Promise<void> => {
  const { trials } = context.world
  const wanted = wantedOf(input, member)
  const before = trials.get(member.id)
  if (isUnread(member)) return // what was said so far still counts when it can be read again
  if (wanted === null || !isOnTrial(input, member)) {
    if (before?.doubt === null) trials.delete(member.id)
    return
  }
  const trial = await weighTrial(context, member.id, before?.rules === wanted.rules ? before : newTrial(input, member, wanted))
  const isOver = trial.witnessed || trial.doubt !== null
  trials.set(member.id, isOver ? trial : askMore(context, { input, member, wanted, trial }))
}

const newTrial = (input: PlanInput, member: Member, wanted: Desired): Trial => ({
  cluster: input.spec.cluster,
  rules: wanted.rules,
  ip: input.settled.node[member.id]?.ip ?? '',
  required: requiredPorts(input, member, wanted),
  asked: new Map(),
  witnessed: false,
  doubt: null,
})

type OnTrial = { readonly input: PlanInput; readonly member: Member; readonly wanted: Desired; readonly trial: Trial }

/** A witness with the ports that the rules let it reach, and the address of its own that they let it in by. */
type Way = { readonly witness: Witness; readonly from: string | null; readonly ports: readonly number[] }

const askMore = (context: Context, of: OnTrial): Trial => {
  const { trial } = of
  const asked = new Map(trial.asked)
  for (const [witness, entry] of asked) {
    if (entry.id !== null) continue
    asked.set(witness, ask(context, of, { way: { ...wayOf(context, of, witness), ports: entry.ports }, again: true }))
  }
  for (const way of nextWays(context, of, asked)) asked.set(way.witness, ask(context, of, { way, again: false }))
  return { ...trial, asked }
}

/** Who is asked next: first for ports that nobody was asked for yet, then until there are three. */
const nextWays = (context: Context, of: OnTrial, asked: ReadonlyMap<Witness, Asked>): readonly Way[] => {
  const active = [...asked.values()].filter((entry) => entry.reached !== null || isPending(entry, context.now()))
  const covered = new Set(active.flatMap(({ ports }) => ports))
  const ways = witnessesFor(of.input, of.member)
    .filter((witness) => !asked.has(witness) && isThere(context, witness))
    .slice(0, WITNESSES * 4)
    .map((witness) => wayOf(context, of, witness))
    .filter(({ ports }) => ports.length > 0)
  const chosen: Way[] = []
  for (const way of ways) {
    if (!of.trial.required.some((port) => way.ports.includes(port) && !covered.has(port))) continue
    chosen.push(way)
    for (const port of way.ports) covered.add(port)
  }
  const more = ways.filter((way) => !chosen.includes(way)).slice(0, Math.max(0, WITNESSES - active.length - chosen.length))
  return [...chosen, ...more]
}

const isThere = (context: Context, witness: Witness): boolean => {
  if (witness === 'coordinator' || witness === 'operator') return true
  const host = context.world.hosts.get(witness)
  return context.hub().session(witness)?.state === 'active' && host?.state === 'active' && !isCloned(host)
}

/** A member dials from its node address; whoever else does from the address that the admins' networks hold. */
const addressesOf = (context: Context, { input }: OnTrial, witness: Witness): readonly string[] => {
  if (witness === 'coordinator') return context.place.addresses
  if (witness === 'operator') return [input.settled.firewall?.operator ?? ''].filter((address) => address !== '')
  const own = input.settled.node[witness]?.ip
  if (own !== undefined) return [own]
  return (context.world.hosts.get(witness)?.inventory.sections.network?.nics ?? []).flatMap((nic) => nic.addresses.map(({ ip }) => ip))
}

const wayOf = (context: Context, of: OnTrial, witness: Witness): Way => {
  const { ruleset, keep } = of.wanted
  const ways = addressesOf(context, of, witness).map((from) => ({ witness, from, ports: keep.filter((port) => admits(ruleset, { from, proto: 'tcp', port })) }))
  return ways.toSorted((a, b) => b.ports.length - a.ports.length)[0] ?? { witness, from: null, ports: [] }
}

const ask = (context: Context, { member, trial }: OnTrial, about: { readonly way: Way; readonly again: boolean }): Asked => {
  const { witness, from, ports } = about.way
  const id = randomUUID()
  if (witness === 'coordinator') dialHere(context, { id, host: member.id, ip: trial.ip, ports })
  else if (witness !== 'operator') {
    const targets = ports.map((port) => ({ host: member.id, ip: trial.ip, port }))
    context.hub().session(witness)?.send('probe', { id, from, targets, tries: 3 }).catch((error: unknown) => {
      context.log.warn({ host: witness, error }, 'a witness could not be asked')
    })
  }
  return { id, at: context.now(), ports, again: about.again, reached: null }
}

/** The coordinator is a witness too; it dials while other work goes on. */
const dialHere = (context: Context, about: { readonly id: string; readonly host: HostId; readonly ip: string; readonly ports: readonly number[] }): void => {
  const { id, host, ip, ports } = about
  Promise.all(ports.map(async (port) => ({ host, ip, port, ...(await context.dial({ ip, port })) })))
    .then((results) => context.turn(() => takeTestimony(context, 'coordinator', { id, results })))
    .catch((error: unknown) => context.log.error({ host, error }, 'a port could not be dialled'))
}
