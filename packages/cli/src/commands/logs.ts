import { Option } from 'commander'
import * as z from 'zod'
import { cleanText } from '../clean-text.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { nameArgument } from './describe.ts'

const LogsSchema = z.strictObject({ host: z.string(), unit: z.string(), lines: z.array(z.string()) })

const linesArgument = (text: string): string => {
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new CliError(2, `${JSON.stringify(text)} is not a number from 1 to 999`)
  return text
}

/** `drover logs HOST` */
export const logs: CliCommand = (program, io) => {
  program
    .command('logs')
    .description('the last lines of a unit on a host')
    .argument('<host>', 'name of the host', nameArgument)
    .addOption(new Option('--unit <unit>', 'whose log').choices(['drover-agent', 'k3s', 'k3s-agent']).default('drover-agent'))
    .option('-n, --lines <n>', 'how many lines, 999 at most', linesArgument, '200')
    .action(async (name: string, options: { unit: string; lines: string }) => {
      const answer = await io.client().call({ method: 'GET', path: `/api/v1/hosts/${name}/logs?unit=${options.unit}&lines=${options.lines}`, answer: LogsSchema })
      if (answer.lines.length === 0) io.err(`the journal of ${name} has no line of ${options.unit}${options.unit === 'drover-agent' ? '' : `; drover describe host ${name} shows what runs there`}\n`)
      io.out(cleanText(answer.lines.map((line) => `${line}\n`).join('')))
    })
}
