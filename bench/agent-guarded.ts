import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Row } from './row.ts'

/** The agent at rest on a host whose firewall it looks after and whose snapshots it takes on schedule; in namespaces of its own. Takes three minutes. */
export const measureAgentGuarded = async (): Promise<readonly Row[]> => {
  const script = fileURLToPath(new URL('firewall/guarded-host.ts', import.meta.url))
  return JSON.parse(execFileSync('unshare', ['--net', '--mount', process.execPath, script]).toString()) as Row[]
}
