import { ForecastSchema, HostSchema } from '@drover/protocol'
import { approveForecast } from '../approve-forecast.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { follow } from '../follow.ts'
import { forecastText } from '../render/forecast.ts'
import { nameArgument } from './describe.ts'

/** `drover approve FORECAST` and `drover approve host NAME` */
export const approve: CliCommand = (program, io) => {
  program
    .command('approve')
    .description('approve a forecast (by its id), or a host: let a pending one in, or say that the copy of one is gone (approve host NAME)')
    .argument('<forecast>', 'id of the forecast, or the word host')
    .argument('[name]', 'name of the host')
    .option('--wait', 'follow the run until it ends')
    .action(async (what: string, name: string | undefined, options: { wait?: boolean }) => {
      if (what === 'host') {
        if (options.wait === true) throw new CliError(2, '--wait is for forecasts: the approval of a host starts no run')
        if (name === undefined) throw new CliError(2, 'name the host: drover approve host NAME')
        const host = await io.client().call({ method: 'POST', path: `/api/v1/hosts/${nameArgument(name)}/approve`, body: {}, answer: HostSchema })
        io.out(`${host.name} is ${host.state}\n`)
        return
      }
      if (!/^fc-[a-z2-7]{16}$/.test(what)) throw new CliError(2, `${JSON.stringify(what)} is not the id of a forecast, fc-…: drover plan prints it`)
      if (name !== undefined) throw new CliError(2, `${JSON.stringify(name)} is too much: drover approve ${what}`)
      const forecast = await io.client().call({ method: 'GET', path: `/api/v1/forecasts/${what}`, answer: ForecastSchema })
      if (forecast.run !== null) throw new CliError(3, `${what} was approved before: it became run ${forecast.run}`, { remedy: `See it with: drover status ${forecast.cluster}` })
      io.out(forecastText(forecast))
      const run = await approveForecast(io, forecast)
      if (options.wait === true) await follow(io, run.id)
    })
}
