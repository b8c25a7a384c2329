import { RunSchema } from '@drover/protocol'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { follow } from '../follow.ts'

const runArgument = (text: string): string => {
  if (!/^run-[a-z2-7]{16}$/.test(text)) throw new CliError(2, `${JSON.stringify(text)} is not the id of a run: see drover get runs`)
  return text
}

/** `drover cancel RUN` */
export const cancel: CliCommand = (program, io) => {
  program
    .command('cancel')
    .description('let the steps that run now end, and send nothing new')
    .argument('<run>', 'id of the run', runArgument)
    .action(async (id: string) => {
      const run = await io.client().call({ method: 'POST', path: `/api/v1/runs/${id}/cancel`, body: {}, answer: RunSchema })
      io.out(`Run ${run.id} is ${run.state}. Go on with: drover retry ${run.id}\n`)
    })
}

/** `drover retry RUN` */
export const retry: CliCommand = (program, io) => {
  program
    .command('retry')
    .description('go on with a run that asks, failed or was cancelled')
    .argument('<run>', 'id of the run', runArgument)
    .option('--wait', 'follow the run until it ends')
    .action(async (id: string, options: { wait?: boolean }) => {
      const run = await io.client().call({ method: 'POST', path: `/api/v1/runs/${id}/retry`, body: {}, answer: RunSchema })
      io.out(`Run ${run.id} is ${run.state}.\n`)
      if (options.wait === true) await follow(io, run.id)
    })
}
