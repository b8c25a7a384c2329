import { type HostId, say, type Witness } from '@drover/protocol'
import type { Context } from '../context.ts'
import { judgeTrial } from '../core/planner/firewall/judge-trial.ts'
import { nameOf } from '../show/wait.ts'
import { isPending, type Trial } from '../world/trial.ts'

/** A witness as people know it. */
export const witnessName = ({ world }: Context, witness: Witness): string => {
  if (witness === 'coordinator') return 'the coordinator'
  return witness === 'operator' ? 'the drover command' : nameOf(world, witness)
}

/** Judges a trial once nobody's answer is waited for any more, and says what came out; keeps it as it is then. */
export const weighTrial = async (context: Context, host: HostId, trial: Trial): Promise<Trial> => {
  const entries = [...trial.asked]
  if (trial.witnessed || trial.doubt !== null || entries.some(([, asked]) => isPending(asked, context.now()))) return trial
  const told = entries.flatMap(([witness, { ports, reached }]) => (reached === null ? [] : [{ witness, asked: ports, reached }]))
  const verdict = judgeTrial(trial.required, told)
  if (verdict.kind === 'open') return trial
  const name = nameOf(context.world, host)
  const by = told.map(({ witness }) => witnessName(context, witness)).join(', ')
  const doubt = verdict.kind === 'doubted' ? say('witness.doubt', { witness: witnessName(context, verdict.witness), ports: verdict.missed.join(', ') }) : null
  const judged: Trial = { ...trial, witnessed: doubt === null, doubt }
  context.world.trials.set(host, judged)
  await context.tell({ at: context.now(), cluster: trial.cluster, host: name, said: doubt ?? say('witness.reached', { host: name, witnesses: by, ports: trial.required.join(', ') }) })
  context.wake(trial.cluster)
  return judged
}
