import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureAgentAtRest } from './agent-at-rest.ts'
import { measureAgentGuarded } from './agent-guarded.ts'
import { measureCopy } from './copy.ts'
import { measureDownload } from './download.ts'
import { measureFirewall } from './firewall.ts'
import { measureGrown } from './grown.ts'
import { measurePlanner } from './planner.ts'
import type { Row } from './row.ts'
import { measureSessions } from './sessions.ts'
import { tableOf } from './table.ts'
import { measureThreeServers } from './three-servers.ts'
import { measureTwoHosts } from './two-hosts.ts'

const BENCHES = [
  { name: 'agent-at-rest', takes: '3 min', measure: measureAgentAtRest },
  { name: 'agent-guarded', takes: '3 min', measure: measureAgentGuarded },
  { name: 'copy', takes: '1 min', measure: measureCopy },
  { name: 'download', takes: 'seconds', measure: measureDownload },
  { name: 'firewall', takes: 'seconds', measure: measureFirewall },
  { name: 'grown', takes: '4 min', measure: measureGrown },
  { name: 'planner', takes: 'seconds', measure: measurePlanner },
  { name: 'sessions', takes: '4 min', measure: measureSessions },
  { name: 'three-servers', takes: '4 min', measure: measureThreeServers },
  { name: 'two-hosts', takes: '2 min', measure: measureTwoHosts },
] as const satisfies readonly { readonly name: string; readonly takes: string; readonly measure: () => Promise<readonly Row[]> }[]

const HELP = `npm run bench [-- --only NAME]
Measures, prints one table and asserts nothing; bench/README.md says how each figure comes about and what it does not prove.
${BENCHES.map(({ name, takes }) => `  ${name.padEnd(14)} ${takes}\n`).join('')}`

const print = (text: string): void => void process.stdout.write(text)

/** How busy the machine is with everything that runs on it: by it a reader judges the figures. */
const load = (): string => loadavg().map((figure) => figure.toFixed(2)).join(' ')

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, help: { type: 'boolean', default: false } } })
const wanted = BENCHES.filter(({ name }) => values.only?.includes(name) ?? true)
const unknown = values.only?.find((only) => BENCHES.every(({ name }) => name !== only))

if (values.help) print(HELP)
else if (unknown === undefined) {
  const rows: Row[] = []
  print(`load average at the beginning: ${load()}\n`)
  for (const { name, takes, measure } of wanted) {
    print(`${name} (${takes}) …\n`)
    rows.push(...(await measure()))
  }
  print(`load average at the end: ${load()}\n\n${tableOf(rows)}`)
} else {
  process.stderr.write(`bench: no bench ${JSON.stringify(unknown)}\n${HELP}`)
  process.exitCode = 2
}
