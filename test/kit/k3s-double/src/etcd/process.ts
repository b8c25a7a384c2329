import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { World } from '../world.ts'

/** A running etcd; `ended` resolves with its exit code, or null after a signal. */
export type EtcdProcess = { readonly ended: Promise<number | null>; readonly stop: () => Promise<void> }

/**
 * Keeps etcd no longer than its parent: standard input is a pipe that nobody writes to, and its end is the parent's, however that ended.
 * The shell becomes etcd, so the process to be signalled is etcd itself.
 */
const SCRIPT = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -KILL $$ 2>/dev/null) & exec 3<&-; exec "$@"'

const PATIENCE_MS = 5000

/** Starts etcd with a configuration file; what it logs goes where this process logs. */
export function startEtcd(world: World, configFile: string, log: 'inherit' | 'ignore' = 'inherit'): EtcdProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'etcd', world.settings.etcd, '--config-file', configFile], { stdio: ['pipe', log, log] })
  const ended = once(child, 'exit').then(([code]: unknown[]) => {
    child.stdin.destroy()
    return typeof code === 'number' ? code : null
  })
  return {
    ended,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await ended
      clearTimeout(late)
    },
  }
}
