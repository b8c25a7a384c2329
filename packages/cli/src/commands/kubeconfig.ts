import { answerContextOf, ClusterSchema, RequestShownSchema, type ClusterName, type RequestId } from '@drover/protocol'
import { fromText, fromUtf8, generateSealPair, openSealed, toText } from '@drover/protocol/node'
import { cleanText } from '../clean-text.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { isEndpoint } from '../render/what-if.ts'
import { nameArgument } from './describe.ts'

const EVERY = 250
const PATIENCE = 60_000

type Options = { readonly server?: string }

/** Says so where the only address in the kubeconfig is that of a server that is away; that it cannot be asked takes nothing from the kubeconfig. */
const warnOfAway = async (io: Io, name: string): Promise<void> => {
  const cluster = await io.client().call({ method: 'GET', path: `/api/v1/clusters/${name}`, answer: ClusterSchema }).catch(() => null)
  const servers = cluster?.members.filter((member) => member.role === 'server') ?? []
  const away = servers.find((server) => !server.online && cluster !== null && isEndpoint(cluster, server))
  const other = servers.find((server) => server.online)
  if (away === undefined || other === undefined) return
  io.err(cleanText(`it names ${away.ip}, and ${away.host} is away: drover kubeconfig ${name} --server ${other.host} gives one that goes through ${other.host}\n`))
}

/** `drover kubeconfig CLUSTER [--server HOST]`: sealed on the server to a key that this process makes and forgets. */
export const kubeconfig: CliCommand = (program, io) => {
  program
    .command('kubeconfig')
    .description('print the admin kubeconfig of a cluster')
    .argument('<cluster>', 'name of the cluster', nameArgument)
    .option('--server <host>', 'go through this server and name its address, not the API endpoint', nameArgument)
    .addHelpText('after', '\nExample: drover kubeconfig home > home.yaml && kubectl --kubeconfig home.yaml get nodes')
    .action(async (name: string, options: Options) => {
      const client = io.client()
      const pair = generateSealPair()
      const asked = await client.call({ method: 'POST', path: `/api/v1/clusters/${name}/kubeconfig`, body: { sealTo: toText(pair.publicKey), ...options }, answer: RequestShownSchema })
      const began = io.now()
      for (;;) {
        const request = await client.call({ method: 'GET', path: `/api/v1/requests/${asked.id}`, answer: RequestShownSchema })
        if (request.state === 'refused') throw new CliError(1, `the server did not give it: ${request.message ?? ''}`, { remedy: `See the cluster with drover status ${name}` })
        if (request.answer !== null) {
          io.out(await open(request.answer, name as ClusterName, { id: asked.id as RequestId, secret: pair.secret }))
          return options.server === undefined ? warnOfAway(io, name) : undefined
        }
        if (io.now() - began > PATIENCE) throw unanswered(name, options)
        if (io.now() - began > 5000 && io.now() - began < 5000 + EVERY) io.err(`waiting for ${options.server ?? `a server of ${name}`} to answer\n`)
        await io.sleep(EVERY)
      }
    })
}

const unanswered = (name: string, { server }: Options): CliError =>
  server === undefined
    ? new CliError(1, `no server of ${name} has answered for 60 s`, { remedy: `See the cluster with drover status ${name}` })
    : new CliError(1, `${server} has not answered for 60 s`, { remedy: `See the cluster with drover status ${name}, and name another server, or none` })

const open = async (answer: string, cluster: ClusterName, about: { id: RequestId; secret: Uint8Array }): Promise<string> => {
  const sealed = fromText(answer)
  const opened = sealed === null ? null : await openSealed(sealed, answerContextOf(cluster, about.id), about.secret)
  const text = opened?.ok === true ? fromUtf8(opened.secret) : null
  if (text === null) throw new CliError(1, 'the answer cannot be opened with the key that it was asked with', { remedy: 'Ask again; if it stays so, CLI and agent are of different versions.' })
  return text
}
