import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeAt, makeHome } from '../../../packages/coordinator/src/home.ts'
import { liveThrough } from './whole-life.ts'

const child = fileURLToPath(new URL('./crash-child.ts', import.meta.url))

/** A folder with keys and settings, on which nothing has run yet. */
export const makeTemplate = async (): Promise<string> => {
  const root = mkdtempSync(join(tmpdir(), 'drover-crash-'))
  await makeHome(homeAt(root), { version: 1, listen: { host: '127.0.0.1', port: 8443 }, advertise: ['https://10.0.0.1:8443'] })
  return root
}

/** How many moments there are, and the ledger of a life in which nothing is killed. */
export const liveInPeace = async (template: string): Promise<{ readonly moments: number; readonly ledger: string[] }> => {
  const root = copyOf(template)
  let moments = 0
  const ledger = await liveThrough(root, () => {
    moments += 1
  })
  rmSync(root, { recursive: true, force: true })
  return { moments, ledger }
}

/** Kills a coordinator with SIGKILL at a moment, lets another one go on, and returns the signal and the ledger. */
export const dieAndGoOn = async (template: string, moment: number): Promise<{ readonly signal: string | null; readonly ledger: string[] }> => {
  const root = copyOf(template)
  const signal = await new Promise<string | null>((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, root, String(moment)], { stdio: ['ignore', 'inherit', 'inherit'] })
    process_.on('error', reject)
    process_.on('exit', (_code, killed) => resolve(killed))
  })
  const ledger = await liveThrough(root)
  rmSync(root, { recursive: true, force: true })
  return { signal, ledger }
}

const copyOf = (template: string): string => {
  const root = mkdtempSync(join(tmpdir(), 'drover-crash-'))
  cpSync(template, root, { recursive: true, preserveTimestamps: true })
  return root
}
