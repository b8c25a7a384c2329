const COMMANDS: readonly (readonly [string, string])[] = [
  ['server', 'Run management server'],
  ['agent', 'Run node agent'],
  ['kubectl', 'Run kubectl'],
  ['token', 'Manage tokens'],
  ['etcd-snapshot', 'Manage etcd snapshots'],
]

/** Prints the list of commands. */
export function printHelp(out: (text: string) => void, version: string): number {
  const lines = COMMANDS.map(([name, words]) => `   ${name.padEnd(15)} ${words}`)
  out(`NAME:\n   k3s - Kubernetes, but small and simple\n\nUSAGE:\n   k3s [global options] command [command options]\n\nVERSION:\n   ${version}\n\nCOMMANDS:\n${lines.join('\n')}\n`)
  return 0
}

/** What k3s prints for a command it does not have. */
export function unknownCommand(write: (text: string) => void, command: string): number {
  write(`No help topic for '${command}'\n`)
  return 3
}
