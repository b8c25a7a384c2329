import { Option } from 'commander'
import { InstallLineSchema, JoinTokenBodySchema } from '@drover/protocol'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'
import { span } from '../render/table.ts'

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text]

/** Minutes of `30m`, `2h` or `1d`; anything else is a usage error. */
export const minutesOf = (text: string): number => {
  const [, digits = '', unit = ''] = /^([1-9][0-9]{0,4})([mhd])$/.exec(text) ?? []
  const factor = { m: 1, h: 60, d: 1440 }[unit]
  if (factor === undefined) throw new CliError(2, `${JSON.stringify(text)} is not a time: write 30m, 2h or 1d`)
  return Number(digits) * factor
}

/** A whole number from 1 to 1000; anything else is a usage error. */
const countOf = (text: string): number => {
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 1000) throw new CliError(2, `--count ${JSON.stringify(text)} is not a number from 1 to 1000`)
  return count
}

/** What is wrong with one flag, in its own words. */
const faultOf = (issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined, options: Options): string => {
  const [flag = '', at] = issue?.path ?? []
  const words: Readonly<Record<string, string>> = {
    forMinutes: `--for ${options.for}: a line is good for one day at most`,
    cidr: typeof at === 'number' ? `--cidr ${JSON.stringify(options.cidr[at])} is not a network such as 10.0.0.0/24` : '--cidr may be repeated 16 times',
    labels: `--label ${String(at)}: keys and values are letters, digits, dots, dashes, underscores, at most 63 of them`,
  }
  return words[String(flag)] ?? `--${String(flag)}: ${String(issue?.message)}`
}

const labelsOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new CliError(2, `${JSON.stringify(pair)} is not a label: write key=value`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )

type Hosts = { role: string; cidr: readonly string[]; label: readonly string[]; approve: string; replace?: string; cluster?: string }
type Options = Hosts & { count: string; for: string; quiet?: boolean }

/** `drover install-line`: one line that enrols the host it is pasted on. */
export const installLine: CliCommand = (program, io) => {
  program
    .command('install-line')
    .description('print one line to paste on each new host; it enrols the host with this coordinator')
    .option('--count <n>', 'how many hosts may use it', '1')
    .option('--for <time>', 'how long it is good: 30m, 2h, 1d at most', '30m')
    .addOption(new Option('--role <role>', 'what the hosts may become').choices(['server', 'agent', 'any']).default('any'))
    .option('--cidr <cidr>', 'hosts from elsewhere wait for approval; may be repeated', collect, [])
    .option('--label <key=value>', 'label put on the hosts; may be repeated', collect, [])
    .option('--cluster <name>', 'the hosts may only join this cluster')
    .addOption(new Option('--approve <how>', 'manual: each host waits for drover approve host').choices(['auto', 'manual']).default('auto'))
    .option('--replace <name>', 'the reinstalled host whose name the new one takes')
    .option('-q, --quiet', 'only the line')
    .action(async (options: Options) => {
      const body = JoinTokenBodySchema.safeParse({
        count: countOf(options.count),
        forMinutes: minutesOf(options.for),
        role: options.role,
        cidr: [...options.cidr],
        labels: labelsOf(options.label),
        approve: options.approve,
        ...(options.replace === undefined ? {} : { replace: options.replace }),
        ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
      })
      if (!body.success) throw new CliError(2, faultOf(body.error.issues[0], options))
      const made = await io.client().call({ method: 'POST', path: '/api/v1/tokens', body: body.data, answer: InstallLineSchema })
      io.out(`${made.line}\n`)
      if (options.quiet !== true) io.err(`\nGood for ${String(made.uses)} ${made.uses === 1 ? 'host' : 'hosts'} and ${span(made.expiresAt - io.now())}. Then see them: drover get hosts\n`)
    })
}
