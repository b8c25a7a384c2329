import { Option } from 'commander'
import * as z from 'zod'
import { type Cluster, ClusterSchema } from '@drover/protocol'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { readRunOf } from '../read-run.ts'
import { errorText } from '../render/error.ts'
import { jsonText } from '../render/machine.ts'
import { statusText } from '../render/status.ts'
import { nameArgument } from './describe.ts'

const EVERY = 1000

const clustersOf = async (io: Io, name: string | undefined): Promise<Cluster[]> =>
  name === undefined
    ? io.client().call({ method: 'GET', path: '/api/v1/clusters', answer: z.array(ClusterSchema) })
    : [await io.client().call({ method: 'GET', path: `/api/v1/clusters/${name}`, answer: ClusterSchema })]

const textOf = async (io: Io, name: string | undefined): Promise<string> => {
  const clusters = await clustersOf(io, name)
  if (clusters.length === 0) return 'No clusters yet. Describe one and apply it: drover apply -f cluster.yaml\n'
  const texts = await Promise.all(clusters.map(async (cluster) => statusText(cluster, await readRunOf(io.client(), cluster), io.now())))
  return texts.join('\n')
}

/** A watch outlives the coordinator's restart: what went wrong is shown, and it is asked again. */
const awayText = (error: unknown): string => {
  if (!(error instanceof CliError)) throw error
  return `${errorText(error)}Asked again every second; k3s and the agents go on meanwhile.\n`
}

/** `drover status [CLUSTER] [--watch]` */
export const status: CliCommand = (program, io) => {
  program
    .command('status')
    .description('how clusters are, what runs, and what is waited for')
    .argument('[cluster]', 'only this cluster', nameArgument)
    .option('--watch', 'again every second until you break it off')
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json']).default('text'))
    .action(async (name: string | undefined, options: { watch?: boolean; output: string }) => {
      if (options.output === 'json' && options.watch === true) throw new CliError(2, '--watch shows text: leave out -o json')
      if (options.output === 'json') return io.out(jsonText(await clustersOf(io, name)))
      io.out(await textOf(io, name))
      while (options.watch === true) {
        await io.sleep(EVERY)
        const text = await textOf(io, name).catch(awayText)
        io.out(io.isTerminal ? `\u001b[H\u001b[2J${text}` : `\n${text}`)
      }
    })
}
