// docs/reference/cli.md: every command of the CLI with its arguments and options, from the program itself.
import { buildProgram } from '../packages/cli/src/program.ts'
import { createFakeIo } from '@drover/test/kit/cli/fake-io.ts'
import { writeGenerated } from './generated.ts'

const program = buildProgram(createFakeIo({ columns: 100 }))
const visible = program.commands.filter(command => !command.name().startsWith('__') && command.name() !== 'help')
const sections = visible.map(command => `## drover ${command.name()}\n\n${helpOf(command)}`)

function helpOf(command: { outputHelp: () => void; name: () => string }): string {
  const io = createFakeIo({ columns: 100 })
  const found = buildProgram(io).commands.find(one => one.name() === command.name())
  found?.outputHelp()
  return `\`\`\`\n${io.said.out.trimEnd()}\n\`\`\`\n`
}

writeGenerated(
  'docs/reference/cli.md',
  `# Commands

Made from the program by \`node scripts/gen-cli-md.ts\`. Exit codes: 0 done, 1 failed, 2 usage, 3 waiting for approval or refused.
Names are completed with TAB after \`source <(drover completion bash)\` (also zsh and fish).

${sections.join('\n')}`,
  'scripts/gen-cli-md.ts',
)
