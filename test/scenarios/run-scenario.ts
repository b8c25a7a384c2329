import { COMMANDS } from '../kit/commands/index.ts'
import { type LoopWorld, makeWorld } from '../kit/loop-world/world.ts'

const RULE = '----'

/** Comments and blank lines as they are, or a command with its body; what it printed before is thrown away. */
type Part = { readonly kind: 'text'; readonly line: string } | { readonly kind: 'call'; readonly line: string; readonly body: readonly string[] }

/** A scenario's parts: a command is followed by its body, a rule, and what it prints up to a blank line. */
export const parseScenario = (text: string): readonly Part[] => {
  const parts: Part[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (line === '' || line.startsWith('#')) {
      parts.push({ kind: 'text', line })
      continue
    }
    const blank = lines.indexOf('', at)
    const end = blank < 0 ? lines.length : blank
    const block = lines.slice(at, end)
    const rule = block.indexOf(RULE)
    if (rule > 0) {
      parts.push({ kind: 'call', line, body: block.slice(1, rule) })
      at = end - 1
    } else parts.push({ kind: 'call', line, body: [] })
  }
  return parts
}

const runCall = (world: LoopWorld, line: string, body: readonly string[]): string => {
  const [name = '', ...words] = line.split(' ')
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw new Error(`no command is called ${name}; there are ${COMMANDS.map((one) => one.name).join(', ')}`)
  return command.run(world, { words, body: body.length === 0 ? '' : `${body.join('\n')}\n` })
}

/** Runs a scenario and gives the text as it should be: each command followed by what it really printed. */
export const runScenario = (text: string): string => {
  const world = makeWorld()
  const out = parseScenario(text).map((part) => {
    if (part.kind === 'text') return part.line
    const printed = runCall(world, part.line, part.body).trimEnd()
    const head = [part.line, ...part.body].join('\n')
    return printed === '' && part.body.length === 0 ? head : `${head}\n${RULE}\n${printed}`
  })
  return out.join('\n')
}
