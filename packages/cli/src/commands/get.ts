import { Argument, type Command, Option } from 'commander'
import * as z from 'zod'
import { ArtifactSchema, ClusterSchema, HostSchema, RunSchema, TokenSchema } from '@drover/protocol'
import type { CliCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { artifactListing, clusterListing, hostListing, runListing, tokenListing } from '../render/listings.ts'
import { listText, type Output, OUTPUTS } from '../render/output.ts'

const LISTS: Readonly<Record<string, (io: Io, output: Output) => Promise<string>>> = {
  hosts: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/hosts', answer: z.array(HostSchema) }), hostListing(io.now()), output),
  clusters: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/clusters', answer: z.array(ClusterSchema) }), clusterListing(io.now()), output),
  runs: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/runs', answer: z.array(RunSchema) }), runListing(io.now()), output),
  tokens: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/tokens', answer: z.array(TokenSchema) }), tokenListing(io.now()), output),
  artifacts: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/artifacts', answer: z.array(ArtifactSchema) }), artifactListing(io.now()), output),
}

/** `drover get hosts|clusters|runs|tokens|artifacts [-o …]` */
export const get: CliCommand = (program: Command, io) => {
  program
    .command('get')
    .description('list hosts, clusters, runs, tokens or artifacts')
    .addArgument(new Argument('<what>', 'what to list').choices(Object.keys(LISTS)))
    .addOption(new Option('-o, --output <form>', 'form of the list').choices(OUTPUTS).default('table'))
    .addHelpText('after', '\nExample: drover get hosts -o wide')
    .action(async (what: string, options: { output: Output }) => {
      io.out((await LISTS[what]?.(io, options.output)) ?? '')
    })
}
