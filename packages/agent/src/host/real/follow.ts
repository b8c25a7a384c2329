import { spawn } from 'node:child_process'
import type { ReadTool } from '../tools.ts'
import { toolPath } from './exec.ts'

/** What is told of a program that goes on: that it said something, and its end. */
export type Following = { readonly onOutput: () => void; readonly onEnd: () => void }

/** Starts a program that only reads and goes on until it is stopped; ends at once where the host does not have it. */
export const followTool = (tool: ReadTool, args: readonly string[], { onOutput, onEnd }: Following): (() => void) => {
  const file = toolPath(tool)
  if (file === null) {
    setImmediate(onEnd)
    return () => undefined
  }
  const child = spawn(file, [...args], { cwd: '/', env: { LANG: 'C' }, stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.on('data', () => onOutput())
  child.once('error', onEnd)
  child.once('close', onEnd)
  return () => void child.kill('SIGKILL')
}
