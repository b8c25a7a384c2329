import { type LoopWorld, note, type WorldHost } from './world.ts'

/** Rules on trial: a witness gets through, or their time is over and the host goes back by itself. */
export const tryRules = (world: LoopWorld, host: WorldHost): void => {
  const { staged } = host.facts.firewall
  if (staged === null || host.trialEnds === null) return
  if (!host.unreachable && host.facts.witnessed !== staged.rules) {
    host.facts = { ...host.facts, witnessed: staged.rules }
    note(world, `${host.name}: reached from outside`)
  } else if (host.trialEnds <= world.now) {
    host.facts = { ...host.facts, firewall: { ...host.facts.firewall, staged: null }, witnessed: null }
    host.trialEnds = null
    note(world, `${host.name}: new rules taken back`)
  }
}
