import { type PlanInput, type Rule, say } from '@drover/protocol'
import { isOnEtcd, serversInTurn, votes } from '../etcd-members.ts'
import { type Member, membersOf } from '../members.ts'
import { perMember } from '../per-member.ts'
import { lacks } from '../prepared.ts'
import { freeName, isHeld } from '../requests.ts'
import { snapshotServers } from '../snapshot-servers.ts'
import { needsRestart } from '../start-action.ts'
import { takeAction, type Taking } from '../take-action.ts'

/** What has to be taken before a server is restarted: another k3s than now would write its datastore. */
const owed = (input: PlanInput, server: Member): Taking | null => {
  const { binary, k3s } = server.facts
  const [have, want] = [k3s?.runs, binary?.version]
  if (have === undefined || want === undefined || have === want || !needsRestart(input, server) || lacks(input, server) !== null) return null
  const name = freeName(input, `before-${want.replaceAll('+', '-')}-${String(input.settled.incarnation)}`)
  return isHeld(input, name) ? null : { name, why: say('why.snapshot.first', { have, want }) }
}

/** The server that gives it: the one that goes on, and on etcd another one where that has no vote. */
const giverOf = (input: PlanInput, server: Member): Member | undefined =>
  !isOnEtcd(input) || votes(input, server.id) ? server : snapshotServers(input)[0]

/**
 * Takes a snapshot before the first server goes on with another version of k3s: the restart waits for it. It does not ask
 * whether the API answers, since the new version may be the cure; nor does it wait where no member of etcd votes.
 */
export const snapshotFirst: Rule = {
  name: 'snapshot-first',
  independent: false,
  decide: (input) => {
    const servers = isOnEtcd(input) ? serversInTurn(input) : membersOf(input, 'server')
    const [first] = servers.flatMap((server) => {
      const taking = owed(input, server)
      const giver = taking === null ? undefined : giverOf(input, server)
      return taking === null || giver === undefined ? [] : [{ taking, giver }]
    })
    if (first === undefined) return { kind: 'done' }
    return perMember(input, [first.giver], () => ({ action: takeAction(input, first.giver, first.taking) }))
  },
}
