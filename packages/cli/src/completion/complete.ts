import type { Argument, Command, Option } from 'commander'

/** One thing that could stand where the cursor is. */
export type Candidate = { readonly word: string; readonly about: string }

/** Names for an argument: by command, its position, and the words before it. */
export type NameSource = (command: string, position: number, before: readonly string[]) => Promise<readonly string[]>

/** What could stand at the end of a command line: `words` without the program's name, the last one as far as it is typed. */
export const complete = async (program: Command, words: readonly string[], names: NameSource): Promise<readonly Candidate[]> => {
  const typed = joinEquals(words)
  const [first = '', ...rest] = typed
  const visible = program.commands.filter((command) => !command.name().startsWith('__'))
  if (rest.length === 0) return starting(first, visible.map((command) => ({ word: command.name(), about: command.description() })))
  const command = visible.find((one) => one.name() === first)
  return command === undefined ? [] : inCommand(command, rest, names)
}

/** bash gives `--output=j` as three words. */
const joinEquals = (words: readonly string[]): readonly string[] =>
  words.filter((word, index) => !(word === '=' && /^--[a-z]/.test(words[index - 1] ?? '')))

const inCommand = async (command: Command, words: readonly string[], names: NameSource): Promise<readonly Candidate[]> => {
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const waiting = optionOf(command, before.at(-1) ?? '')
  if (waiting?.required === true) return starting(last, choices(waiting))
  if (/^--[a-z-]+=/.test(last)) return valueAfterEquals(command, last)
  if (last.startsWith('-')) return starting(last, command.options.filter((option) => !option.hidden).map((option) => ({ word: option.long ?? option.flags, about: option.description })))
  const given = positional(command, before)
  const argument = command.registeredArguments[given.length]
  if (argument === undefined) return []
  const listed = choices(argument)
  if (listed.length > 0) return starting(last, listed)
  return starting(last, (await names(command.name(), given.length, given)).map((word) => ({ word, about: '' })))
}

const valueAfterEquals = (command: Command, last: string): readonly Candidate[] => {
  const at = last.indexOf('=')
  const option = optionOf(command, last.slice(0, at))
  return option === undefined ? [] : starting(last.slice(at + 1), choices(option))
}

const optionOf = (command: Command, word: string): Option | undefined => command.options.find((option) => option.long === word || option.short === word)

const positional = (command: Command, words: readonly string[]): readonly string[] =>
  words.filter((word, index) => !word.startsWith('-') && optionOf(command, words[index - 1] ?? '')?.required !== true)

const choices = ({ argChoices }: Option | Argument): readonly Candidate[] => (argChoices ?? []).map((word) => ({ word, about: '' }))

const starting = (typed: string, all: readonly Candidate[]): readonly Candidate[] => all.filter(({ word }) => word.startsWith(typed))
