import type { FromAgent, HostId, Witness } from '@drover/protocol'
import type { Context } from '../context.ts'
import { type HostRow, writeHost } from '../store/hosts.ts'
import type { Asked, Trial } from '../world/trial.ts'
import { weighTrial } from './weigh-trial.ts'

type Told = FromAgent<'probed'>

const isReached = (result: Told['results'][number]): boolean => result.outcome === 'open' || result.outcome === 'refused'

/** Takes in what a witness found. It counts only for the very question that is open: of the rules that are on trial now, asked of this witness. */
export const takeTestimony = async (context: Context, witness: Witness, told: Told): Promise<void> => {
  for (const [host, trial] of context.world.trials) {
    const asked = trial.asked.get(witness)
    if (asked?.id !== told.id) continue
    if (witness !== 'coordinator' && witness !== 'operator') await keepTimes(context, witness, { host, results: told.results })
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

/** The least time of a new connection is the round trip between two hosts, as good as it is known. */
const keepTimes = async (context: Context, witness: HostId, about: { readonly host: HostId; readonly results: Told['results'] }): Promise<void> => {
  const row = context.world.hosts.get(witness)
  const times = about.results.flatMap(({ host, connectUs }) => (host === about.host && connectUs !== null ? [connectUs] : []))
  if (row === undefined || times.length === 0) return
  const known: HostRow = { ...row, inventory: { ...row.inventory, rttUs: { ...row.inventory.rttUs, [about.host]: Math.min(...times) } } }
  await writeHost(context.db, known)
  context.world.hosts.set(known.id, known)
}
