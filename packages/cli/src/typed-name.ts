import { CliError } from './cli-error.ts'
import type { Io } from './io.ts'

/** A name that has to be typed again, what is said before it is asked for, and what a flag gave instead. */
export type TypedName = { readonly name: string; readonly warning: string; readonly given: string | undefined }

/** The typed name; without a terminal it must be given by --confirm, and a wrong one is refused. */
export const typedName = async (io: Io, { name, warning, given }: TypedName): Promise<string> => {
  const answer = given ?? (io.isTerminal ? await io.ask(`${warning} Type the name ${name} to go on: `) : null)
  if (answer === null) throw new CliError(3, `this needs the name again`, { remedy: `Give it with --confirm ${name}` })
  if (answer.trim() !== name) throw new CliError(3, `that is not ${name}; nothing was changed`)
  return name
}
