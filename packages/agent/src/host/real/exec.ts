import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { RunResult } from '../host.ts'
import { TOOL_FOLDERS } from '../tools.ts'

const CAP = 262_144
/** After this long a program that was killed is no longer waited for. */
const GIVE_UP_MS = 5_000
const ENV = { PATH: TOOL_FOLDERS.join(':'), LANG: 'C', HOME: '/nonexistent' } as const

/** Absolute path of a program of the fixed folders, or null where none of them has it. */
export const toolPath = (name: string): string | null =>
  TOOL_FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? null

/** Keeps the first and the last 256 KiB of an output. */
class Capped {
  private head = Buffer.alloc(0)
  private tail = Buffer.alloc(0)
  private dropped = 0

  /** Takes one more chunk. */
  add(chunk: Buffer): void {
    const room = CAP - this.head.length
    if (room > 0) this.head = Buffer.concat([this.head, chunk.subarray(0, room)])
    const rest = room > 0 ? chunk.subarray(room) : chunk
    if (rest.length === 0) return
    const joined = Buffer.concat([this.tail, rest])
    this.dropped += Math.max(0, joined.length - CAP)
    this.tail = joined.subarray(Math.max(0, joined.length - CAP))
  }

  /** The text kept, with a note of what was left out. */
  text(): string {
    const gap = this.dropped > 0 ? `\n… ${String(this.dropped)} bytes left out …\n` : ''
    return this.head.toString('utf8') + gap + this.tail.toString('utf8')
  }
}

/** What to run: absolute path, argv, text for standard input (closed without), time limit in ms. */
export type Run = {
  readonly file: string
  readonly args: readonly string[]
  readonly stdin?: string | undefined
  readonly timeoutMs: number
}

/**
 * Runs one program without a shell: clean environment, working folder `/`, outputs capped, killed with its group at
 * the time limit. A grandchild that keeps the pipes open does not hold it up: it ends one second after the program.
 */
export const runProgram = (run: Run): Promise<RunResult> =>
  new Promise((resolve) => {
    const stdout = new Capped()
    const stderr = new Capped()
    let timedOut = false
    const child = spawn(run.file, [...run.args], { cwd: '/', env: ENV, shell: false, detached: true, stdio: 'pipe' })
    const kill = (): void => {
      timedOut = true
      if (child.pid !== undefined) killGroup(child.pid)
      setTimeout(() => end(null), GIVE_UP_MS).unref() // one that hangs in the kernel cannot even be killed
    }
    const timer = setTimeout(kill, run.timeoutMs)
    const end = (code: number | null): void => {
      clearTimeout(timer)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code, stdout: stdout.text(), stderr: stderr.text(), timedOut })
    }
    child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk))
    child.on('error', (error) => {
      stderr.add(Buffer.from(error.message))
      end(null)
    })
    child.on('close', (code) => end(code))
    child.on('exit', (code) => setTimeout(() => end(code), 1000).unref())
    child.stdin.on('error', () => undefined)
    child.stdin.end(run.stdin ?? '')
  })

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended meanwhile
  }
}
