import type { LoopWorld } from '../loop-world/world.ts'

/** One line of a scenario: its words, and the lines below it up to the rule. */
export type Call = { readonly words: readonly string[]; readonly body: string }

/** A command of scenarios: what it does to the world and what it prints. */
export type Command = {
  readonly name: string
  /** A line as it stands in a scenario. */
  readonly example: string
  readonly run: (world: LoopWorld, call: Call) => string
}

/** What was noted in the world since the last command, as text. */
export const takeLog = (world: LoopWorld): string => {
  const lines = world.log.splice(0)
  return lines.map((line) => `${line}\n`).join('')
}
