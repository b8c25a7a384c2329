/** One line of the table of figures; `limit` is a budget, `ratio` compares two values of one run, `k3s` says on which it ran. */
export type Row = { readonly name: string; readonly value: string; readonly limit?: string; readonly ratio?: string; readonly k3s?: string }

/** A value with its unit. */
export const megabytes = (value: number): string => `${value.toFixed(1)} MB`

/** The middle one of an odd number of figures. */
export const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN
