import { Argument } from 'commander'
import { ForecastSchema, RequestIdSchema, RequestShownSchema, SnapshotNameSchema, snapshotOfRequest, SnapshotShownSchema } from '@drover/protocol'
import * as z from 'zod'
import { approveForecast } from '../approve-forecast.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { follow } from '../follow.ts'
import type { Io } from '../io.ts'
import { forecastText } from '../render/forecast.ts'
import { sizeText } from '../render/listings.ts'
import { typedName } from '../typed-name.ts'
import { nameArgument } from './describe.ts'
import { downloadSnapshot } from './download-snapshot.ts'

const EVERY = 500
const PATIENCE = 600_000
/** How long a host may take to report what it has just taken. */
const LISTED = 20_000

/** The name of a snapshot given on the command line; a bad one is a usage error before anything is asked. */
export const snapshotArgument = (text: string): string => {
  const parsed = SnapshotNameSchema.safeParse(text)
  if (!parsed.success) throw new CliError(2, `${JSON.stringify(text)} is not the name of a snapshot: ${parsed.error.issues[0]?.message ?? ''}`)
  return parsed.data
}

type Options = { readonly confirm?: string; readonly wait?: boolean; readonly to?: string }
type What = 'now' | 'delete' | 'download'

/** `drover snapshot now CLUSTER`, `drover snapshot delete CLUSTER NAME` and `drover snapshot download CLUSTER NAME --to FILE` */
export const snapshot: CliCommand = (program, io) => {
  program
    .command('snapshot')
    .description('take a snapshot of a cluster now, delete one, or get the copy of one')
    .addArgument(new Argument('<what>', 'now, delete or download').choices(['now', 'delete', 'download']))
    .argument('<cluster>', 'name of the cluster', nameArgument)
    .argument('[name]', 'name of the snapshot that is to be deleted or downloaded', snapshotArgument)
    .option('--confirm <name>', 'the name of the snapshot again, instead of typing it')
    .option('--to <file>', 'the new file that a download goes to: the opened datastore, in SQLite\'s form')
    .option('--wait', 'follow the run until it ends (a terminal does so anyway)')
    .addHelpText('after', '\nExample: drover snapshot now home && drover get snapshots home')
    .action(async (...[what, cluster, name, options]: [what: What, cluster: string, name: string | undefined, options: Options]) => {
      if (what === 'now') return takeNow(io, cluster, name)
      if (name === undefined) throw new CliError(2, `name the snapshot: drover snapshot ${what} ${cluster} NAME`, { remedy: `They are listed by drover get snapshots ${cluster}` })
      if (what === 'delete') return deleteOne(io, { cluster, name, options })
      if (options.to === undefined) throw new CliError(2, 'name the file: --to FILE')
      await downloadSnapshot(io, { cluster, name, to: options.to })
    })
}

const takeNow = async (io: Io, cluster: string, name: string | undefined): Promise<void> => {
  if (name !== undefined) throw new CliError(2, `${JSON.stringify(name)} is too much: a snapshot gets its name by itself`)
  const client = io.client()
  const asked = await client.call({ method: 'POST', path: `/api/v1/clusters/${cluster}/snapshots`, body: {}, answer: RequestShownSchema })
  const began = io.now()
  for (let state = asked.state; state !== 'done'; await io.sleep(EVERY)) {
    const request = await client.call({ method: 'GET', path: `/api/v1/requests/${asked.id}`, answer: RequestShownSchema })
    if (request.state === 'refused' || request.state === 'withdrawn') throw new CliError(1, `no snapshot was taken: ${request.message ?? ''}`, { remedy: `See the cluster with drover status ${cluster}` })
    if (io.now() - began > PATIENCE) throw new CliError(1, `no server of ${cluster} has taken it for 10 min`, { remedy: `See the cluster with drover status ${cluster}` })
    state = request.state
  }
  io.out(await takenText(io, cluster, snapshotOfRequest(RequestIdSchema.parse(asked.id))))
}

/** The host reports what it has some moments later; where that takes long, the name alone is told. */
const takenText = async (io: Io, cluster: string, name: string): Promise<string> => {
  const began = io.now()
  for (;;) {
    const all = await io.client().call({ method: 'GET', path: '/api/v1/snapshots', answer: z.array(SnapshotShownSchema) })
    const found = all.find((one) => one.name === name && one.cluster === cluster)
    if (found !== undefined) return `snapshot ${name} of ${cluster} is taken: ${sizeText(found.bytes)}, ${String(found.objects)} objects, ${found.grade}, on ${found.host ?? 'the coordinator'}\n`
    if (io.now() - began > LISTED) return `snapshot ${name} of ${cluster} is taken; its server has not listed it yet\n`
    await io.sleep(EVERY)
  }
}

const deleteOne = async (io: Io, about: { readonly cluster: string; readonly name: string; readonly options: Options }): Promise<void> => {
  const { cluster, name, options } = about
  await typedName(io, { name, warning: 'This cannot be taken back.', given: options.confirm })
  if (await isOnlyCopied(io, cluster, name)) {
    await io.client().call({ method: 'DELETE', path: `/api/v1/clusters/${cluster}/snapshots/${name}/copy`, answer: z.strictObject({ deleted: z.string() }) })
    return io.out(`the copy of snapshot ${name} of ${cluster} is deleted\n`)
  }
  const forecast = await io.client().call({ method: 'POST', path: `/api/v1/clusters/${cluster}/snapshots/${name}/deletion`, body: {}, answer: ForecastSchema })
  io.out(forecastText(forecast))
  const run = await approveForecast(io, forecast)
  if (options.wait === true || io.isTerminal) await follow(io, run.id)
}

/** No host has it any more: nothing has to be done on one, and there may be no cluster to plan for. */
const isOnlyCopied = async (io: Io, cluster: string, name: string): Promise<boolean> => {
  const all = await io.client().call({ method: 'GET', path: '/api/v1/snapshots', answer: z.array(SnapshotShownSchema) })
  const found = all.filter((one) => one.cluster === cluster && one.name === name)
  return found.length > 0 && found.every(({ host }) => host === null)
}
