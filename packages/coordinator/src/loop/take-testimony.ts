import type { FromAgent, HostId, Witness } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { Asked, Trial } from '../world/trial.ts'
import { keepTrips } from './keep-trips.ts'
import { weighTrial } from './weigh-trial.ts'

type Told = FromAgent<'probed'>

const isReached = (result: Told['results'][number]): boolean => result.outcome === 'open' || result.outcome === 'refused'

/** Takes in what a witness found. It counts only for the very question that is open: of the rules that are on trial now, asked of this witness. */
export const takeTestimony = async (context: Context, witness: Witness, told: Told): Promise<void> => {
  for (const [host, trial] of context.world.trials) {
    const asked = trial.asked.get(witness)
    if (asked?.id !== told.id) continue
    if (witness !== 'coordinator' && witness !== 'operator') await keepTrips(context, witness, told.results.filter((result) => result.host === host))
    const heard: Trial = { ...trial, asked: new Map([...trial.asked, [witness, answered(asked, { host, trial, told })]]) }
    context.world.trials.set(host, heard)
    context.wake(trial.cluster)
    await weighTrial(context, host, heard)
    return
  }
}

/** A port that was not reached is asked for once more: a busy machine drops a connection now and then. */
const answered = (asked: Asked, of: { readonly host: HostId; readonly trial: Trial; readonly told: Told }): Asked => {
  const results = of.told.results.filter((result) => result.host === of.host && result.ip === of.trial.ip && isReached(result))
  const reached = asked.ports.filter((port) => results.some((result) => result.port === port))
  return reached.length < asked.ports.length && !asked.again ? { ...asked, id: null } : { ...asked, reached }
}
