import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Runs `work` while this process alone holds the lock on `file`; the kernel frees it however the process ends. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  // flock(1) holds the lock until its shell reads the end of our pipe, which a SIGKILL of ours closes too
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(holder, 'close')
  await Promise.race([
    once(holder.stdout, 'data'),
    gone.then(() => Promise.reject(new Error(`the lock on ${file} could not be taken`))),
  ])
  try {
    return await work()
  } finally {
    holder.stdin.end()
    await gone
  }
}
