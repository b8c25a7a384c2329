import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labsFolder } from './paths.ts'

// Kernel values without a namespace: the first four are what `protect-kernel-defaults` is about and k3s writes them
// from within a host; each k3s host uses some thirty inotify instances, of which the kernel allows 128 in all.
const watched = ['vm.overcommit_memory', 'vm.panic_on_oom', 'kernel.panic', 'kernel.panic_on_oops']
const inotify = 'fs.inotify.max_user_instances'
const inotifyInstances = 8192

const file = (key: string): string => join('/proc/sys', key.replaceAll('.', '/'))
const saved = (): string => join(labsFolder(), 'sysctl.json')

/** Writes down the machine's values before the first lab and raises the inotify limit; wants the lock of the labs. */
export function borrowSysctls(): void {
  if (existsSync(saved())) return
  const values = Object.fromEntries([...watched, inotify].map((key) => [key, readFileSync(file(key), 'utf8').trim()]))
  writeFileSync(`${saved()}.new`, JSON.stringify(values))
  renameSync(`${saved()}.new`, saved())
  if (Number(values[inotify]) < inotifyInstances) writeFileSync(file(inotify), String(inotifyInstances))
}

/** Puts back what was there before the first lab; wants the lock of the labs and no lab left. */
export function returnSysctls(): void {
  if (!existsSync(saved())) return
  const values = JSON.parse(readFileSync(saved(), 'utf8')) as Record<string, string>
  for (const [key, value] of Object.entries(values)) {
    if (readFileSync(file(key), 'utf8').trim() !== value) writeFileSync(file(key), value)
  }
  rmSync(saved())
}
