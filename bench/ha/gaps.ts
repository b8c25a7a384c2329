/** The longest time in ms without a success, from the first one to the end; `times`: of the successes, in ms, in any order. */
export const longestGap = (times: readonly number[], end: number): number => {
  const all = [...times.toSorted((a, b) => a - b), end]
  return all.reduce((longest, time, index) => Math.max(longest, index === 0 ? 0 : time - (all[index - 1] ?? time)), 0)
}

/** The longest gap that reaches beyond a moment: what an accident at `after` cost; infinite where nothing succeeded afterwards. */
export const gapAround = (times: readonly number[], after: number): number => {
  const next = times.filter((time) => time > after).toSorted((a, b) => a - b)
  const [first] = next
  if (first === undefined) return Number.POSITIVE_INFINITY
  const before = Math.max(...times.filter((time) => time <= after), Number.NEGATIVE_INFINITY)
  return longestGap([Number.isFinite(before) ? before : after, ...next], next.at(-1) ?? first)
}
