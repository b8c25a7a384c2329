import { existsSync } from 'node:fs'
import process from 'node:process'
import * as z from 'zod'
import type { SectionName } from '@drover/protocol'
import { readJsonAs, utf8 } from '@drover/protocol/node'
import { runProgram, toolPath } from '../host/real/exec.ts'
import type { InventoryLine } from '../inventory/inventory-line.ts'

const LIMIT_S = 60

/** The child has checked each section by its schema, and the coordinator does so again: here those schemas would only take memory. */
const LineSchema = z.strictObject({ sections: z.looseObject({}), failed: z.record(z.string(), z.string()) })

/**
 * Has a short-lived child (the file `program`) read the inventory: it gives its memory back, and what hangs in it hangs
 * alone. Under systemd it runs as a unit of its own, so that the agent's sandbox does not hide devices, modules or the
 * owners of sockets. Throws where it fails or says something else than one line of strict JSON.
 */
export const createCollectByChild = (program: string): ((sections: readonly SectionName[], fresh: boolean) => Promise<InventoryLine>) => {
  const systemdRun = existsSync('/run/systemd/system') && process.geteuid?.() === 0 ? toolPath('systemd-run') : null
  return async (sections, fresh) => {
    const asked = [program, 'inventory', ...(fresh ? ['--fresh'] : []), ...sections]
    const ran = await runProgram({ ...commandOf(systemdRun, asked), timeoutMs: (LIMIT_S + 5) * 1000 })
    const lines = ran.stdout.trimEnd().split('\n')
    if (ran.code !== 0 || lines.length !== 1) {
      throw new Error(`the inventory child ended with ${ran.timedOut ? 'its time over' : String(ran.code)}: ${ran.stderr.trim().slice(0, 400)}`)
    }
    const read = readJsonAs(LineSchema, utf8(lines[0] ?? ''))
    if (!read.ok) throw new Error(`the inventory child said something else: ${read.reason}`)
    return read.value as InventoryLine
  }
}

const commandOf = (systemdRun: string | null, asked: readonly string[]): { readonly file: string; readonly args: readonly string[] } => {
  if (systemdRun === null) return { file: process.execPath, args: asked }
  const unit = ['--quiet', '--pipe', '--wait', '--collect', '--service-type=exec', `--property=RuntimeMaxSec=${String(LIMIT_S)}`, '--property=Nice=10']
  return { file: systemdRun, args: [...unit, '--description=Drover inventory', '--', process.execPath, ...asked] }
}
