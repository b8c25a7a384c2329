import type { HostId, Said, Time, Witness } from '@drover/protocol'

/** One witness asked to dial a host: when, which ports, and what it reached; `id` null: to be asked once more. */
export type Asked = {
  readonly id: string | null
  readonly at: Time
  readonly ports: readonly number[]
  readonly again: boolean
  readonly reached: readonly number[] | null
}

/** Firewall rules that are on trial on a host, and what is known of them from outside. Kept in memory alone: after a restart witnesses are asked anew. */
export type Trial = {
  readonly cluster: string
  readonly rules: string
  readonly ip: string
  readonly required: readonly number[]
  readonly asked: ReadonlyMap<Witness, Asked>
  readonly witnessed: boolean
  readonly doubt: Said | null
}

/** Trials by host. */
export type Trials = Map<HostId, Trial>

/** How long an answer may take before another witness is asked. */
export const PATIENCE_MS = 10_000

/** True while an answer may still come, or the question has still to be put again. */
export const isPending = ({ id, at, reached }: Asked, now: Time): boolean => reached === null && (id === null || now - at < PATIENCE_MS)

/** Forgets the trials of a cluster, with every doubt: a person wants it to go on. */
export const forgetTrials = (trials: Trials, cluster: string): void => {
  for (const [host, trial] of trials) if (trial.cluster === cluster) trials.delete(host)
}
