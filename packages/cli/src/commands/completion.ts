import { Argument } from 'commander'
import * as z from 'zod'
import { cleanLine } from '../clean-text.ts'
import type { CliCommand } from '../command.ts'
import { complete, type NameSource } from '../completion/complete.ts'
import { COMPLETION_SCRIPTS } from '../completion/scripts.ts'
import type { Io } from '../io.ts'

/** `drover completion bash|zsh|fish` */
export const completion: CliCommand = (program, io) => {
  program
    .command('completion')
    .description('print the script that completes commands and names with TAB')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(COMPLETION_SCRIPTS)))
    .addHelpText('after', '\nExample: echo "source <(drover completion bash)" >> ~/.bashrc')
    .action((shell: keyof typeof COMPLETION_SCRIPTS) => io.out(COMPLETION_SCRIPTS[shell]))
}

/** `drover __complete -- WORDS…`: what the scripts ask; a word and what it is on each line. */
export const completeWords: CliCommand = (program, io) => {
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      const found = await complete(program, words, nameSource(io))
      io.out(found.map(({ word, about }) => `${word}\t${cleanLine(about)}\n`).join(''))
    })
}

const LISTS = {
  hosts: { path: '/api/v1/hosts', key: 'name' },
  clusters: { path: '/api/v1/clusters', key: 'name' },
  runs: { path: '/api/v1/runs', key: 'id' },
} as const

const ItemsSchema = z.array(z.record(z.string(), z.unknown()))
const FIRST: Readonly<Record<string, keyof typeof LISTS>> = { status: 'clusters', kubeconfig: 'clusters', restore: 'clusters', logs: 'hosts', cancel: 'runs', retry: 'runs' }
const SECOND: Readonly<Record<string, keyof typeof LISTS>> = { host: 'hosts', cluster: 'clusters', now: 'clusters', delete: 'clusters', snapshots: 'clusters' }
const SAFE = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Names of what exists; none where the coordinator cannot be asked, and never one that a shell could take for more. */
const nameSource =
  (io: Io): NameSource =>
  async (command, position, before) => {
    const what = position === 0 ? FIRST[command] : SECOND[before[0] ?? '']
    if (what === undefined) return []
    const { path, key } = LISTS[what]
    try {
      const items = await io.client().call({ method: 'GET', path, answer: ItemsSchema })
      return items.map((item) => item[key]).filter((name) => typeof name === 'string').filter((name) => SAFE.test(name))
    } catch {
      return []
    }
  }
