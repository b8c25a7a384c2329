import { type PlanInput, type Rule, say } from '@drover/protocol'
import { isOnEtcd } from '../etcd-members.ts'
import { type Member, seedOf } from '../members.ts'
import { perMember } from '../per-member.ts'
import { lacks } from '../prepared.ts'
import { hasSnapshot } from '../requests.ts'
import { needsRestart } from '../start-action.ts'
import { takeAction, type Taking } from '../take-action.ts'

/** What has to be taken before this server is restarted: another k3s than now would write its datastore. */
const owed = (input: PlanInput, seed: Member): Taking | null => {
  const { binary, k3s } = seed.facts
  const [have, want] = [k3s?.runs, binary?.version]
  if (have === undefined || want === undefined || have === want || !needsRestart(input, seed) || lacks(input, seed) !== null) return null
  const name = `before-${want.replaceAll('+', '-')}-${String(input.settled.incarnation)}`
  return hasSnapshot(input, seed, name) ? null : { name, why: say('why.snapshot.first', { have, want }) }
}

/**
 * Takes a snapshot before a server goes on with another version of k3s: the restart waits for it. It does not ask whether
 * the API answers, since the new version may be the cure.
 */
export const snapshotFirst: Rule = {
  name: 'snapshot-first',
  independent: false,
  decide: (input) => {
    const seed = seedOf(input)
    const taking = seed === undefined || isOnEtcd(input) ? null : owed(input, seed)
    if (seed === undefined || taking === null) return { kind: 'done' }
    return perMember(input, [seed], () => ({ action: takeAction(input, seed, taking) }))
  },
}
