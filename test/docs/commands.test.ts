import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../packages/cli/src/program.ts'
import type { Io } from '../../packages/cli/src/io.ts'
import { blocksOf, codeOf, readPages } from './pages.ts'

const never = (): never => {
  throw new Error('no command is carried out here')
}

const silent: Io = { out: () => undefined, err: () => undefined, isTerminal: false, columns: 0, rows: 0, now: () => 0, profile: never, client: never, ask: never, readInput: never, dial: never, sleep: never }

/** The words of one simple command: quotes taken off, what is redirected left out. */
const wordsOf = (command: string): readonly string[] =>
  (command.replaceAll(/\s\d?>\s*\S+/g, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/^["']|["']$/g, ''))

/** The arguments of each `drover …` of a line of shell, without what runs before it in a pipe or through sudo. */
const callsOf = (line: string): readonly (readonly string[])[] =>
  line
    .replace(/(?:^|\s)#.*$/, '')
    .split(/\|\|?|&&|;/)
    .map((command) => wordsOf(command.trim()))
    .map((words) => (words[0] === 'sudo' ? words.slice(1) : words))
    .flatMap((words) => (words[0] === 'drover' ? [words.slice(1)] : []))

/** What the CLI says against a call; null where it would carry it out. */
const faultOf = async (args: readonly string[]): Promise<string | null> => {
  const program = buildProgram(silent)
  for (const command of program.commands) command.action(() => undefined)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return null
  } catch (error) {
    return `drover ${args.join(' ')}: ${error instanceof Error ? error.message : String(error)}`
  }
}

const typed = readPages().flatMap((page) =>
  blocksOf(page)
    .filter((block) => block.info === 'sh' || block.info.startsWith('sh '))
    .flatMap((block) => block.body.flatMap((line, at) => callsOf(line).map((args) => ({ at: `${block.page}:${String(block.line + at + 1)}`, args })))),
)

describe('commands in the pages', () => {
  it.each(typed)('$at $args', async ({ args }) => {
    expect(await faultOf(args)).toBeNull()
  })

  it('there are many of them, and a wrong one is found', async () => {
    expect(typed.length).toBeGreaterThan(30)
    expect(await faultOf(['aply', '-f', 'x'])).toMatch(/unknown command/)
    expect(await faultOf(['apply', '-f', 'x', '--now'])).toMatch(/unknown option/)
    expect(await faultOf(['kubeconfig'])).toMatch(/missing required argument/)
    expect(await faultOf(['get', 'pods'])).toMatch(/invalid/)
    expect(callsOf('sudo drover get hosts > x && ssh h drover-coordinator recover | drover login # drover no')).toEqual([['get', 'hosts'], ['login']])
  })

  it('verbs named in the text exist', () => {
    const verbs = new Set(buildProgram(silent).commands.map((command) => command.name()))
    const named = readPages().flatMap((page) => codeOf(page).flatMap((code) => /^drover ([a-z-]+)/.exec(code)?.[1] ?? []))
    expect(named.filter((verb) => !verbs.has(verb))).toEqual([])
  })
})
