import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DroverError, ERRORS } from '@drover/protocol'
import { giveToOwner, init, newApiToken } from './commands/init.ts'
import { promote } from './commands/promote.ts'
import { homeAt } from './home.ts'
import { createLog } from './log.ts'
import { ownAddresses } from './own-addresses.ts'
import { start } from './start.ts'
import { openSqlite } from './store/sqlite/open.ts'

const HELP = `drover-coordinator: decides who takes which role, orders the steps, and keeps the clusters.

  drover-coordinator serve                 listen for hosts and for the CLI (what the systemd unit runs)
  drover-coordinator init --advertise URL  make keys and settings and print what a CLI profile needs, as JSON
                          [--listen 0.0.0.0:8443] [--owner NAME]
  drover-coordinator recover [--owner NAME] print a new API token of role admin, as JSON
  drover-coordinator backup FILE           write a verified copy of the database
  drover-coordinator promote               after an older database was put back: go above the epoch that hosts have seen
  drover-coordinator --version

Its folder is /var/lib/drover-coordinator, or $DROVER_HOME.
`
/** The version of this build, put in by the bundler. */
const VERSION = process.env['DROVER_VERSION'] ?? '0.0.0-dev'
const here = dirname(fileURLToPath(import.meta.url))
const home = homeAt(process.env['DROVER_HOME'] ?? '/var/lib/drover-coordinator')
const native = join(here, `sqlite-linux-${process.arch}.node`)
const place = { home, now: Date.now(), ...(existsSync(native) ? { nativeBinding: native } : {}) }
const print = (text: string): void => void process.stdout.write(`${text}\n`)

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  serve: async () => {
    const assetsFolder = process.env['DROVER_ASSETS'] ?? join(here, 'assets')
    const log = createLog(process.env['DROVER_LOG'] ?? 'info')
    const running = await start({ home, assetsFolder, version: VERSION, log, addresses: ownAddresses(), ...(existsSync(native) ? { nativeBinding: native } : {}) })
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        running.stop().then(
          () => process.exit(0),
          () => process.exit(1),
        )
      })
    }
  },
  init: async (args) => print(JSON.stringify(await init(args, place))),
  recover: async (args) => {
    const at = args.indexOf('--owner')
    print(JSON.stringify(await newApiToken(place, { owner: args[at + 1] ?? 'admin', role: 'admin' })))
    giveToOwner(home.root)
  },
  backup: async ([file]) => {
    if (file === undefined) throw new DroverError('request.invalid', 'name the file: drover-coordinator backup FILE')
    const { backup, close } = await openSqlite(home.database, place)
    await backup(file)
    await close()
    print(`wrote ${file}`)
  },
  promote: async () => {
    print(await promote(place))
    giveToOwner(home.root)
  },
  '--version': async () => print(VERSION),
  '--help': async () => print(HELP),
}

const [name = '--help', ...rest] = process.argv.slice(2)
const command = COMMANDS[name]
if (command === undefined) {
  process.stderr.write(`drover-coordinator: no command ${JSON.stringify(name)}\n\n${HELP}`)
  process.exitCode = 2
} else {
  command(rest).catch((error: unknown) => {
    const text = error instanceof DroverError ? `${error.message}\n${ERRORS[error.code].remedy}` : String(error instanceof Error ? error.stack : error)
    process.stderr.write(`drover-coordinator: ${text}\n`)
    process.exitCode = 1
  })
}
