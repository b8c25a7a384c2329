import { basename } from 'node:path'
import { runNode } from './cli/run-node.ts'
import { runSnapshot } from './cli/snapshot.ts'
import { runToken } from './cli/token.ts'
import { printHelp, unknownCommand } from './cli/help.ts'
import { runKubectl } from './kubectl/run.ts'
import { Fatal, makeLog } from './log.ts'
import { longVersion } from './world.ts'

declare const K3S_DOUBLE_VERSION: string

const toErr = (text: string): void => void process.stderr.write(text)

async function dispatch(name: string, given: readonly string[]): Promise<number> {
  const [command = '', ...rest] = given
  const started = { version: K3S_DOUBLE_VERSION, command, given: rest, env: process.env, write: toErr }
  const kubectl = { ...started, out: (text: string) => void process.stdout.write(text) }
  if (name === 'kubectl') return runKubectl({ ...kubectl, given })
  switch (command) {
    case '--version':
    case '-v':
      process.stdout.write(`k3s version ${longVersion(K3S_DOUBLE_VERSION)}\ngo version go1.26.8\n`)
      return 0
    case 'server':
    case 'agent':
      return runNode(command, started)
    case 'kubectl':
      return runKubectl(kubectl)
    case 'token':
      return runToken(kubectl)
    case 'etcd-snapshot':
      return runSnapshot(started)
    case '':
    case 'help':
    case '-h':
    case '--help':
      return printHelp(kubectl.out, K3S_DOUBLE_VERSION)
    default:
      return unknownCommand(kubectl.out, command)
  }
}

process.removeAllListeners('warning')
dispatch(basename(process.argv[1] ?? 'k3s'), process.argv.slice(2))
  .catch((error: unknown) => {
    makeLog(toErr)('fatal', error instanceof Fatal ? error.message : `Error: ${error instanceof Error ? error.stack : String(error)}`)
    return 1
  })
  .then((code) => process.exit(code))
