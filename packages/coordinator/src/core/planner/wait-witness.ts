import { type PlanInput, type Said, say, type Wait } from '@drover/protocol'
import { requiredPorts } from './firewall/required-ports.ts'
import type { Desired } from './firewall/ruleset.ts'
import { witnessNames } from './firewall/witnesses.ts'
import type { Member } from './members.ts'

/** What is added to the window of a trial before a person is asked: the host's own word that it took the rules back has to arrive. */
const GRACE_MS = 30_000

/** Waits until somebody has reached the host from outside through rules that are on trial; the host takes them back by itself otherwise. */
export const waitWitness = (input: PlanInput, member: Member, wanted: Desired): Wait => ({
  key: `witness@${member.id}`,
  reason: say('wait.witness', { witnesses: witnessNames(input, member), ports: requiredPorts(input, member, wanted).join(', ') || wanted.keep.join(', ') }),
  on: [member.id],
  endsWhen: say('wait.witness.ends', { seconds: input.spec.firewall?.window ?? 0 }),
  limit: (input.spec.firewall?.window ?? 0) * 1000 + GRACE_MS,
  atLimit: 'ask',
  assume: { hosts: { [member.id]: { witnessed: wanted.rules } } },
})

/** A witness was turned away where it had to get through: nothing goes on until a person says so. */
export const waitDoubt = (member: Member, doubt: Said): Wait => ({
  key: `doubt@${member.id}`,
  reason: doubt,
  on: [member.id],
  endsWhen: say('wait.doubt.ends'),
  limit: 0,
  atLimit: 'ask',
  assume: {},
})
