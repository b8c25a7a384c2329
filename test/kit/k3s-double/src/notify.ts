import { spawnSync } from 'node:child_process'

/** Tells systemd that the unit is up. The helper runs as root, so it may speak for its parent, the unit's main process. */
export function notifyReady(env: Readonly<Record<string, string | undefined>>): void {
  if (env['NOTIFY_SOCKET'] === undefined || env['NOTIFY_SOCKET'] === '') return
  spawnSync('systemd-notify', ['--ready'], { stdio: 'inherit' })
}
