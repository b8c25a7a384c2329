import { Argument } from 'commander'
import { ForecastSchema, HostSchema } from '@drover/protocol'
import * as z from 'zod'
import { approveForecast } from '../approve-forecast.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { follow } from '../follow.ts'
import type { Io } from '../io.ts'
import { forecastText } from '../render/forecast.ts'
import { nameArgument } from './describe.ts'

/** `drover remove host NAME`, `drover remove token ID` */
export const remove: CliCommand = (program, io) => {
  program
    .command('remove')
    .description('forget a host that is in no cluster, or revoke a token; whoever comes with it is refused from then on')
    .addArgument(new Argument('<what>', 'host or token').choices(['host', 'token']))
    .argument('<name>', 'name of the host, or id of the token (drover get tokens)', nameArgument)
    .option('--confirm <name>', 'the name of the host again, instead of typing it')
    .action(async (what: 'host' | 'token', name: string, options: { confirm?: string }) => {
      if (what === 'token') return revoke(io, name)
      await typed(io, name, options.confirm)
      await io.client().call({ method: 'DELETE', path: `/api/v1/hosts/${name}`, answer: HostSchema })
      io.out(`${name} is removed. On the host itself take the agent off: sudo sh /opt/drover/current/install.sh --uninstall\n`)
    })
}

/** Hosts that came in by the token stay; only what it still could do ends. */
const revoke = async (io: Io, id: string): Promise<void> => {
  if (!/^[a-z2-7]{10}$/.test(id)) throw new CliError(2, `${id} is no id of a token`, { remedy: 'They are listed by drover get tokens' })
  await io.client().call({ method: 'DELETE', path: `/api/v1/tokens/${id}`, answer: z.object({ revoked: z.string() }) })
  io.out(`token ${id} is revoked; hosts that it let in stay\n`)
}

/** `drover delete cluster NAME` */
export const deleteCluster: CliCommand = (program, io) => {
  program
    .command('delete')
    .description('uninstall k3s from all hosts of a cluster and forget the cluster; its data is deleted')
    .addArgument(new Argument('<what>', 'cluster').choices(['cluster']))
    .argument('<name>', 'name of the cluster', nameArgument)
    .option('--confirm <name>', 'the name again, instead of typing it')
    .option('--without <host...>', 'hosts that are away and never come back: they stay as they are', [])
    .option('--wait', 'follow the run until it ends (a terminal does so anyway)')
    .action(async (_what: string, name: string, options: { confirm?: string; without: string[]; wait?: boolean }) => {
      const client = io.client()
      const confirm = await typed(io, name, options.confirm)
      const forecast = await client.call({ method: 'POST', path: `/api/v1/clusters/${name}/deletion`, body: { confirm, without: options.without }, answer: ForecastSchema })
      io.out(forecastText(forecast))
      const run = await approveForecast(io, forecast)
      if (options.wait === true || io.isTerminal) await follow(io, run.id)
    })
}

/** The typed name; without a terminal it must be given by --confirm, and a wrong one is refused. */
const typed = async (io: Io, name: string, given: string | undefined): Promise<string> => {
  const answer = given ?? (io.isTerminal ? await io.ask(`This cannot be taken back. Type the name ${name} to go on: `) : null)
  if (answer === null) throw new CliError(3, `this needs the name again`, { remedy: `Give it with --confirm ${name}` })
  if (answer.trim() !== name) throw new CliError(3, `that is not ${name}; nothing was changed`)
  return name
}
