import { Option } from 'commander'
import * as z from 'zod'
import { type Cluster, ClusterSchema } from '@drover/protocol'
import type { CliCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { readRunOf } from '../read-run.ts'
import { jsonText } from '../render/machine.ts'
import type { Sight } from '../render/picture.ts'
import { statusText } from '../render/status.ts'
import { watch } from '../watch.ts'
import { nameArgument } from './describe.ts'

const clustersOf = async (io: Io, name: string | undefined): Promise<Cluster[]> =>
  name === undefined
    ? io.client().call({ method: 'GET', path: '/api/v1/clusters', answer: z.array(ClusterSchema) })
    : [await io.client().call({ method: 'GET', path: `/api/v1/clusters/${name}`, answer: ClusterSchema })]

const look = async (io: Io, name: string | undefined): Promise<readonly Sight[]> =>
  Promise.all((await clustersOf(io, name)).map(async (cluster) => ({ cluster, run: await readRunOf(io.client(), cluster) })))

const textOf = async (io: Io, name: string | undefined): Promise<string> => {
  const sights = await look(io, name)
  if (sights.length === 0) return 'No clusters yet. Describe one and apply it: drover apply -f cluster.yaml\n'
  return sights.map(({ cluster, run }) => statusText(cluster, run, io.now())).join('\n')
}

/** `drover status [CLUSTER] [--watch]` */
export const status: CliCommand = (program, io) => {
  program
    .command('status')
    .description('how clusters are, what runs, and what is waited for')
    .argument('[cluster]', 'only this cluster', nameArgument)
    .option('--watch', 'go on until you break it off: a live picture on a terminal, a line for each change in a pipe')
    .addOption(new Option('-o, --output <form>', 'form; json with --watch is one document for each change').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\n--watch does not end with the run: drover apply --wait does, with its result as exit code.')
    .action(async (name: string | undefined, options: { watch?: boolean; output: string }) => {
      if (options.watch === true) return watch(io, () => look(io, name), options.output)
      io.out(options.output === 'json' ? jsonText(await clustersOf(io, name)) : await textOf(io, name))
    })
}
