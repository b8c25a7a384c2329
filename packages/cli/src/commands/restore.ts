import { ForecastSchema } from '@drover/protocol'
import { approveForecast } from '../approve-forecast.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { follow } from '../follow.ts'
import { forecastText } from '../render/forecast.ts'
import { typedName } from '../typed-name.ts'
import { nameArgument } from './describe.ts'
import { snapshotArgument } from './snapshot.ts'

const WARNING = 'What was written since that snapshot was taken is set aside, and the API is away meanwhile.'

/** `drover restore CLUSTER --snapshot NAME|--latest` */
export const restore: CliCommand = (program, io) => {
  program
    .command('restore')
    .description('put a snapshot in the place of the data of a cluster; the data before is set aside on its servers')
    .argument('<cluster>', 'name of the cluster', nameArgument)
    .option('--snapshot <name>', 'which one (drover get snapshots)', snapshotArgument)
    .option('--latest', 'the newest good one')
    .option('--without <host...>', 'servers that are off for good: the restore does not wait for them', [])
    .option('--confirm <name>', 'the name of the cluster again, instead of typing it')
    .option('--wait', 'follow the run until it ends (a terminal does so anyway)')
    .addHelpText('after', '\nExample: drover restore home --latest')
    .action(async (name: string, options: { snapshot?: string; latest?: boolean; without: string[]; confirm?: string; wait?: boolean }) => {
      const { snapshot = null, latest = false } = options
      if ((snapshot === null) !== latest) throw new CliError(2, 'say which snapshot: --snapshot NAME or --latest', { remedy: `They are listed by drover get snapshots ${name}` })
      const forecast = await io.client().call({ method: 'POST', path: `/api/v1/clusters/${name}/restoration`, body: { snapshot, ...(options.without.length === 0 ? {} : { without: options.without }) }, answer: ForecastSchema })
      io.out(forecastText(forecast))
      await typedName(io, { name, warning: WARNING, given: options.confirm })
      const run = await approveForecast(io, forecast)
      if (options.wait === true || io.isTerminal) await follow(io, run.id)
    })
}
