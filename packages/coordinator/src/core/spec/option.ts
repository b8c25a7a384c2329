import type { Role } from '@drover/protocol'

/** How k3s reads an option: `list` may be given several times. */
export type OptionType = 'bool' | 'int' | 'string' | 'list'

/** One k3s option: who knows it, how it is typed, and what it may be. */
export type Option = {
  readonly on: Role | 'both'
  readonly type: OptionType
  /** The only values that are let through. */
  readonly choices?: readonly string[]
  /** The form that a word must have, and the same in words. */
  readonly form?: { readonly pattern: RegExp; readonly text: string }
  /** `flag=value` pairs that are let through: flag to the pattern of its value. */
  readonly args?: Readonly<Record<string, RegExp>>
}

/** Option names, without dashes, to what they are. */
export type OptionTable = Readonly<Record<string, Option>>
