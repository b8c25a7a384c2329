import { carryOut } from './carry-out.ts'
import { closeOrders, report } from './observe.ts'
import { runRound } from './round.ts'
import type { LoopWorld } from './world.ts'

const TURN_MS = 5_000

/** Lets `ms` go by in turns of 5 s: orders end, facts come in, each cluster plans. Ends early once nothing is left to do. */
export const advance = (world: LoopWorld, ms: number, isPatient = false): void => {
  const end = world.now + ms
  for (;;) {
    carryOut(world)
    report(world)
    closeOrders(world)
    const busy = [...world.clusters.values()].map((cluster) => runRound(world, cluster)).some(Boolean)
    if ((!busy && !isPatient) || world.now >= end) return
    world.now += TURN_MS
  }
}
