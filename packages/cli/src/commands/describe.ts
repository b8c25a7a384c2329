import { Argument, Option } from 'commander'
import { stringify } from 'yaml'
import { ClusterSchema, HostSchema, NameSchema, render } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { describeHost } from '../render/describe-host.ts'
import { etcdText } from '../render/etcd.ts'
import { jsonText, yamlText } from '../render/machine.ts'
import { readRunOf } from '../read-run.ts'
import { schedulesText } from '../render/schedules.ts'
import { statusText } from '../render/status.ts'
import { whatIfText } from '../render/what-if.ts'

/** A name given on the command line; a bad one is a usage error before anything is asked. */
export const nameArgument = (text: string): string => {
  const parsed = NameSchema.safeParse(text)
  if (!parsed.success) throw new CliError(2, `${JSON.stringify(text)} is not a name: ${parsed.error.issues[0]?.message ?? ''}`)
  return parsed.data
}

/** `drover describe host|cluster NAME` */
export const describe: CliCommand = (program, io) => {
  program
    .command('describe')
    .description('everything known of one host or cluster, with the age of each fact')
    .addArgument(new Argument('<what>', 'host or cluster').choices(['host', 'cluster']))
    .argument('<name>', 'its name', nameArgument)
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json', 'yaml']).default('text'))
    .action(async (what: string, name: string, options: { output: string }) => {
      const client = io.client()
      const host = what === 'host' ? await client.call({ method: 'GET', path: `/api/v1/hosts/${name}`, answer: HostSchema }) : null
      const cluster = what === 'cluster' ? await client.call({ method: 'GET', path: `/api/v1/clusters/${name}`, answer: ClusterSchema }) : null
      if (options.output === 'json') io.out(jsonText(host ?? cluster))
      else if (options.output === 'yaml') io.out(yamlText(host ?? cluster))
      else if (host !== null) io.out(describeHost(host, io.now()))
      else if (cluster !== null) {
        io.out(statusText(cluster, await readRunOf(client, cluster), io.now()))
        io.out(etcdText(cluster, io.now()))
        io.out(whatIfText(cluster))
        io.out(schedulesText(cluster.schedules, io.now()))
        io.out(cleanText(`\nWhy\n${cluster.why.map((said) => `  ${render(said)}\n`).join('')}`))
        io.out(cleanText(`\nSpec\n${stringify(cluster.spec).replaceAll(/^(?=.)/gm, '  ')}`))
      }
    })
}
