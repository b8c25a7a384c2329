import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { attachLab, openLab, type Lab } from './lab.ts'
import { labNames } from './lab-state.ts'
import { missingForLab } from './requirements.ts'
import { leftoversOf, tearDown, type Leftovers } from './teardown.ts'

const help = `Real systemd hosts on this machine, in network namespaces of their own.

npm run lab -- up [COUNT]           boots COUNT hosts (2), node-1 and on
npm run lab -- down [--all]         ends the lab, removes all of it and lists what is left
npm run lab -- list                 the hosts, their addresses and whether they are on
npm run lab -- status               what runs, is mounted and is written for the lab
npm run lab -- exec HOST CMD...     runs a command in a host, or at admin, stranger or router
npm run lab -- power-cut HOST       takes the power from a host
npm run lab -- boot HOST            boots a host that is off

  --lab NAME    another lab than "lab"; labs run side by side
  -o json       list and status as JSON
  --node        up: gives the hosts the Node that the stand-in for k3s needs
  --k3s-real    up: gives the hosts what a real k3s needs in a lab
  -h, --help    this text
`

const options = {
  lab: { type: 'string', default: 'lab' },
  output: { type: 'string', short: 'o', default: 'wide' },
  node: { type: 'boolean', default: false },
  'k3s-real': { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

class UsageError extends Error {}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** What was asked for: the flags, the command and its words; the words of `exec` are not looked at. */
function asked(argv: string[]) {
  const at = argv.indexOf('exec')
  const [own, passed] = at < 0 ? [argv, []] : [argv.slice(0, at + 1), argv.slice(at + 1)]
  try {
    const { values, positionals } = parseArgs({ args: own, options, allowPositionals: true })
    const [command = '', ...words] = positionals
    return { values, command, words: [...words, ...(passed[0] === '--' ? passed.slice(1) : passed)] }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

type Asked = ReturnType<typeof asked>

const commands: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  up: async ({ values, words }) => {
    const count = Number(words[0] ?? '2')
    if (!Number.isInteger(count) || count < 0 || count > 50) throw new UsageError('up COUNT: a number from 0 to 50')
    const begun = performance.now()
    const names = Array.from({ length: count }, (_, place) => `node-${place + 1}`)
    const needs = { node: values.node, k3sReal: values['k3s-real'] }
    const lab = await openLab({ name: values.lab, hosts: names.map((name) => ({ name, ...needs })), say })
    lab.keep()
    say(`lab "${lab.name}": ${count} hosts up in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    return list(lab, values.output)
  },
  down: async ({ values }) => {
    let left = 0
    for (const name of values.all ? labNames() : [values.lab]) {
      const before = leftoversOf(name)
      say(`lab "${name}" had ${counted(before)}`)
      left += sayLeft(await tearDown(name))
    }
    return left === 0 ? 0 : 1
  },
  list: async ({ values }) => list(await attachLab(values.lab), values.output),
  status: async ({ values }) => {
    const found = leftoversOf(values.lab)
    if (values.output === 'json') say(JSON.stringify(found, null, 2))
    else say(`lab "${values.lab}" has ${counted(found)}; labs of this machine: ${labNames().join(', ') || 'none'}`)
    return 0
  },
  exec: async ({ values, words: [place, ...argv] }) => {
    if (place === undefined || argv.length === 0) throw new UsageError('exec HOST CMD...')
    const lab = await attachLab(values.lab)
    const from = { admin: lab.admin, stranger: lab.stranger, router: lab.router }[place] ?? lab.host(place)
    return codeOf(from.spawn(argv, { stdio: 'inherit' }))
  },
  'power-cut': async ({ values, words }) => {
    await (await attachLab(values.lab)).host(hostOfWords(words)).powerCut()
    return 0
  },
  boot: async ({ values, words }) => {
    say(`booted in ${await (await attachLab(values.lab)).host(hostOfWords(words)).boot()} ms`)
    return 0
  },
}

function hostOfWords([host]: string[]): string {
  if (host === undefined) throw new UsageError('which HOST?')
  return host
}

function list(lab: Lab, output: string): number {
  const rows = lab.hosts().map((host) => ({
    name: host.name,
    address: host.address,
    state: host.leader() === undefined ? 'off' : 'on',
    leader: host.leader() ?? null,
    root: host.root,
  }))
  if (output === 'json') say(JSON.stringify(rows, null, 2))
  else for (const row of rows) say([row.name.padEnd(12), row.address.padEnd(15), row.state.padEnd(4), row.root].join(' '))
  return 0
}

const counted = ({ processes, mounts, groups, folders }: Leftovers): string =>
  `${processes.length} processes, ${mounts.length} mounts, ${groups.length} control groups, ${folders.length} folders`

function sayLeft(left: Leftovers): number {
  say(`left behind: ${counted(left)}`)
  const all = [...left.processes.map((pid) => `process ${pid}`), ...left.mounts, ...left.groups, ...left.folders]
  for (const one of all) say(`  ${one}`)
  return all.length
}

function codeOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 137))
  })
}

async function main(argv: string[]): Promise<number> {
  const request = asked(argv)
  if (request.values.help || request.command === 'help') {
    process.stdout.write(help)
    return 0
  }
  const command = commands[request.command]
  if (command === undefined) throw new UsageError(`unknown command "${request.command}"\n\n${help}`)
  const missing = missingForLab()
  if (missing.length === 0) return command(request)
  for (const { what, how } of missing) process.stderr.write(`missing: ${what} (${how})\n`)
  return 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
