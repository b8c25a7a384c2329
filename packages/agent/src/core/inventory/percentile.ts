/** The value that a share of the samples does not exceed (nearest rank), rounded up; null without samples. */
export const percentile = (samples: readonly number[], share: number): number | null => {
  const rank = Math.max(1, Math.ceil(samples.length * share))
  const value = samples.toSorted((a, b) => a - b)[rank - 1]
  return value === undefined ? null : Math.ceil(value)
}
