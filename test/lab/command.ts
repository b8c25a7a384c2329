import { spawn, type ChildProcess } from 'node:child_process'

/** What a command said; `code` is 128 + the signal's number after a signal and 124 after the time limit. */
export interface ExecResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of a command: `timeoutMs` (default 120,000) ends it and everything in its process group. */
export interface ExecOptions {
  readonly stdin?: string | Uint8Array
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const killed = 128 + 9
const outOfTime = 124

/** Runs a command on this machine to its end; never throws because of what it answered. */
export function run(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [file = 'false', ...rest] = argv
  const child = spawn(file, rest, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  })
  child.stdin.on('error', () => {}) // a command that does not read its input is no error of ours
  child.stdin.end(options.stdin ?? '')
  return ended(child, options.timeoutMs ?? 120_000)
}

/** Runs a command on this machine and gives its output; throws with what it said when it fails. */
export async function runOrThrow(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
  const result = await run(argv, options)
  return outputOf(argv, result)
}

/** The standard output of a result, or an error with the command, its code and the end of what it said. */
export function outputOf(argv: readonly string[], result: ExecResult): string {
  if (result.code === 0) return result.stdout
  const said = (result.stderr.trim() || result.stdout.trim()).slice(-2000)
  throw new Error(`${argv.join(' ').slice(0, 300)}: exit ${result.code}: ${said}`)
}

function ended(child: ChildProcess, timeoutMs: number): Promise<ExecResult> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      killProcessGroup(child)
    }, timeoutMs)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8')
      resolve({ code: late ? outOfTime : (code ?? killed), stdout: text(out), stderr: text(err) })
    })
  })
}

function killProcessGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // it ended in this very moment
  }
}
