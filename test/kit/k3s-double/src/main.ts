import { basename } from 'node:path'
import { runNode, type Started } from './cli/run-node.ts'
import { runSnapshot } from './cli/snapshot.ts'
import { runToken } from './cli/token.ts'
import { printHelp, unknownCommand } from './cli/help.ts'
import { runKubectl } from './kubectl/run.ts'
import { Fatal, makeLog } from './log.ts'
import { longVersion } from './world.ts'

declare const K3S_DOUBLE_VERSION: string

const toErr = (text: string): void => void process.stderr.write(text)

type Run = (from: Started & { readonly out: (text: string) => void }) => Promise<number> | number

const help: Run = (from) => printHelp(from.out, from.version)

const version: Run = (from) => {
  from.out(`k3s version ${longVersion(from.version)}\ngo version go1.26.8\n`)
  return 0
}

const COMMANDS: Readonly<Record<string, Run>> = {
  '': help,
  help,
  '-h': help,
  '--help': help,
  '--version': version,
  '-v': version,
  server: (from) => runNode('server', from),
  agent: (from) => runNode('agent', from),
  kubectl: runKubectl,
  token: runToken,
  'etcd-snapshot': runSnapshot,
}

async function dispatch(name: string, given: readonly string[]): Promise<number> {
  const [command = '', ...rest] = given
  const started = { version: K3S_DOUBLE_VERSION, command, given: rest, env: process.env, write: toErr }
  const kubectl = { ...started, out: (text: string) => void process.stdout.write(text) }
  if (name === 'kubectl') return runKubectl({ ...kubectl, given })
  return COMMANDS[command]?.(kubectl) ?? unknownCommand(toErr, command)
}

process.removeAllListeners('warning')
void dispatch(basename(process.argv[1] ?? 'k3s'), process.argv.slice(2))
  .catch((error: unknown) => {
    makeLog(toErr)('fatal', error instanceof Fatal ? error.message : `Error: ${error instanceof Error ? error.stack : String(error)}`)
    return 1
  })
  .then((code) => process.exit(code))
