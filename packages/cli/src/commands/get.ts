import { Argument, type Command, Option } from 'commander'
import * as z from 'zod'
import { ArtifactSchema, ClusterSchema, EtcdShownSchema, FiringShownSchema, HostSchema, RunSchema, SnapshotShownSchema, TokenSchema } from '@drover/protocol'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { membersText } from '../render/etcd.ts'
import { firingListing } from '../render/firings.ts'
import { artifactListing, clusterListing, hostListing, runListing, snapshotListing, tokenListing } from '../render/listings.ts'
import { listText, type Output, OUTPUTS } from '../render/output.ts'
import { nameArgument } from './describe.ts'

const LISTS: Readonly<Record<string, (io: Io, output: Output, cluster?: string) => Promise<string>>> = {
  hosts: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/hosts', answer: z.array(HostSchema) }), hostListing(io.now()), output),
  clusters: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/clusters', answer: z.array(ClusterSchema) }), clusterListing(io.now()), output),
  runs: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/runs', answer: z.array(RunSchema) }), runListing(io.now()), output),
  tokens: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/tokens', answer: z.array(TokenSchema) }), tokenListing(io.now()), output),
  artifacts: async (io, output) => listText(await io.client().call({ method: 'GET', path: '/api/v1/artifacts', answer: z.array(ArtifactSchema) }), artifactListing(io.now()), output),
  snapshots: async (io, output, cluster) => {
    const all = await io.client().call({ method: 'GET', path: '/api/v1/snapshots', answer: z.array(SnapshotShownSchema) })
    return listText(all.filter((one) => cluster === undefined || one.cluster === cluster), snapshotListing(io.now()), output)
  },
  members: async (io, output, cluster) => {
    if (cluster === undefined) throw new CliError(2, 'of which cluster? drover get members CLUSTER')
    return membersText(await io.client().call({ method: 'GET', path: `/api/v1/clusters/${cluster}/members`, answer: EtcdShownSchema }), output, io.now())
  },
  firings: async (io, output, cluster) => {
    const all = await io.client().call({ method: 'GET', path: '/api/v1/firings', answer: z.array(FiringShownSchema) })
    return listText(all.filter((one) => cluster === undefined || one.cluster === cluster), firingListing(io.now()), output)
  },
}
/** What may be listed of one cluster alone. */
const OF_CLUSTER: readonly string[] = ['snapshots', 'firings', 'members']

/** `drover get hosts|clusters|runs|tokens|artifacts|snapshots|members|firings [-o …]` */
export const get: CliCommand = (program: Command, io) => {
  program
    .command('get')
    .description('list hosts, clusters, runs, tokens, artifacts, snapshots, etcd members of a cluster, or firings of schedules')
    .addArgument(new Argument('<what>', 'what to list').choices(Object.keys(LISTS)))
    .argument('[cluster]', 'only snapshots, members or firings of this cluster', nameArgument)
    .addOption(new Option('-o, --output <form>', 'form of the list').choices(OUTPUTS).default('table'))
    .addHelpText('after', '\nExample: drover get hosts -o wide')
    .action(async (what: string, cluster: string | undefined, options: { output: Output }) => {
      if (cluster !== undefined && !OF_CLUSTER.includes(what)) throw new CliError(2, `${JSON.stringify(cluster)} is too much: drover get ${what}`)
      io.out((await LISTS[what]?.(io, options.output, cluster)) ?? '')
    })
}
