import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What a process holds, in MB (10^6 bytes): all that is resident, and the part of it that is no file's. */
export type Memory = { readonly resident: number; readonly anonymous: number }

/** Reads the memory of a process from /proc/PID/status. */
export const memoryOf = (pid: number): Memory => {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  const field = (name: string): number => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024) / 1e6
  return { resident: field('VmRSS'), anonymous: field('RssAnon') }
}

/** Milliseconds that all threads of a process were on a processor; those that ended since are missing. */
export const busyOf = (pid: number): number => {
  const tasks = `/proc/${String(pid)}/task`
  return readdirSync(tasks).reduce((sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0)
}

/** The id of a child that was started; throws where it was not. */
export const pidOf = ({ pid }: ChildProcess): number => {
  if (pid === undefined) throw new Error('the process was not started')
  return pid
}

/** Ends a child and resolves when it has gone. */
export const end = async (child: ChildProcess): Promise<void> => {
  const gone = new Promise((resolve) => void child.once('exit', resolve))
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await gone
}
