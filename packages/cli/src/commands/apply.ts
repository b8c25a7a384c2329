import { Option } from 'commander'
import { ForecastSchema, type ForecastShown } from '@drover/protocol'
import { approveForecast } from '../approve-forecast.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { follow } from '../follow.ts'
import type { Io } from '../io.ts'
import { readSpec } from '../read-spec.ts'
import { forecastText } from '../render/forecast.ts'
import { jsonText } from '../render/machine.ts'

const forecastOf = async (io: Io, file: string): Promise<ForecastShown> => {
  const { text, cluster } = await readSpec(io, file)
  return io.client().call({ method: 'POST', path: `/api/v1/clusters/${cluster}/forecast`, body: { spec: text }, answer: ForecastSchema })
}

const refuseFatal = (forecast: ForecastShown): void => {
  if (forecast.findings.some((finding) => finding.level === 'fatal')) throw new CliError(3, 'the forecast has fatal findings; nothing was changed', { remedy: 'Mend what they name, then plan again.' })
}

/** `drover plan -f FILE` */
export const plan: CliCommand = (program, io) => {
  program
    .command('plan')
    .description('show what a spec would do; changes nothing')
    .requiredOption('-f, --file <file>', 'the spec, - for standard input')
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json']).default('text'))
    .action(async (options: { file: string; output: string }) => {
      const forecast = await forecastOf(io, options.file)
      io.out(options.output === 'json' ? jsonText(forecast) : forecastText(forecast))
      refuseFatal(forecast)
      if (!forecast.quiet && options.output !== 'json') io.out(`\nApprove it with: drover approve ${forecast.id}\n`)
    })
}

/** `drover apply -f FILE [--yes] [--wait]` */
export const apply: CliCommand = (program, io) => {
  program
    .command('apply')
    .description('show what a spec would do, ask, and do it')
    .requiredOption('-f, --file <file>', 'the spec, - for standard input')
    .option('--yes', 'approve without asking')
    .option('--wait', 'follow the run until it ends (a terminal does so anyway)')
    .action(async (options: { file: string; yes?: boolean; wait?: boolean }) => {
      const forecast = await forecastOf(io, options.file)
      io.out(forecastText(forecast))
      refuseFatal(forecast)
      if (forecast.quiet) return
      if (options.yes !== true && !(await agreed(io))) {
        throw new CliError(3, `forecast ${forecast.id} waits for approval`, { remedy: `Approve it with: drover approve ${forecast.id}` })
      }
      const run = await approveForecast(io, forecast)
      if (options.wait === true || io.isTerminal) await follow(io, run.id)
    })
}

const agreed = async (io: Io): Promise<boolean> => ['y', 'yes'].includes(((await io.ask('\nDo this? [y/N] ')) ?? '').trim().toLowerCase())
