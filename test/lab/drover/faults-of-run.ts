import type { StepKind } from '@drover/protocol'
import type { Host } from '../host.ts'
import { killAgent, moment, type Moment } from './moments.ts'
import type { Site } from './site.ts'

/** What dies: a process of a host's agent, the coordinator, k3s on a host, or the whole host. */
export type Victim = 'agent' | 'step' | 'coordinator' | 'k3s' | 'power'

/** One accident: as soon as a host has written a record of a step of this kind, something dies; what does not come back by itself is started again. */
export type Accident = { readonly host: Host; readonly kind: StepKind; readonly type: Moment['type']; readonly victim: Victim }

/** A whole bring-up, of which an accident may be the last thing. */
const LIMIT = 280_000
/** Several accidents are awaited at once: to look for them is not to take the processor that the run needs. */
const EVERY = 20

const againOf = (site: Site, { host, victim }: Accident): Promise<unknown> => {
  if (victim === 'power') return host.powerCut().then(() => host.boot())
  if (victim === 'k3s') return host.sh('systemctl kill --signal=KILL --kill-who=main k3s.service k3s-agent.service')
  return site.killCoordinator().then(() => site.startCoordinator())
}

/** Waits for the moment of an accident and lets it happen; a step that is over by then has nothing left to kill, which is as good. */
export const strike = async (site: Site, accident: Accident, since: number): Promise<void> => {
  const { host, kind, type, victim } = accident
  await moment({ host, kind, type, since, limitMs: LIMIT, everyMs: EVERY })
  if (victim === 'agent' || victim === 'step') killAgent(site.lab.name, host, victim === 'agent' ? 'run' : 'run-step')
  else await againOf(site, accident)
}
