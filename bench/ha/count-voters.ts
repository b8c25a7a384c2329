import { createInterface } from 'node:readline'
import { LIST_MEMBERS } from '../../test/lab/drover/members-on.ts'
import type { Host } from '../../test/lab/host.ts'

/** What a server's member list said at a time (ms since 1970): how many of its members vote. */
export type Count = { readonly at: number; readonly voters: number }

/** Reads the member list on a server four times a second until it is stopped. */
export const countVoters = (seed: Host): { readonly counts: readonly Count[]; readonly stop: () => void } => {
  const counts: Count[] = []
  const child = seed.spawn(['sh', '-c', `while :; do ${LIST_MEMBERS} 2>/dev/null; echo; sleep 0.25; done`], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const members = line.split('"ID"').length - 1
      if (members > 0) counts.push({ at: Date.now(), voters: members - (line.split('"isLearner":true').length - 1) })
    })
  }
  const stop = (): void => {
    // On a host whose power was cut it has ended already.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  return { counts, stop }
}

/** Seconds for which there were exactly so many voters, from the first such reading to the first one with more. */
export const secondsAt = (counts: readonly Count[], voters: number): number => {
  const from = counts.find((count) => count.voters === voters)?.at
  const to = counts.find((count) => count.voters > voters)?.at
  return from === undefined || to === undefined ? Number.NaN : (to - from) / 1000
}
