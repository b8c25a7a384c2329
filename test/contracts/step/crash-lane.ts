import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'
import { ledgerOf } from '../../kit/fake-host/fake-host.ts'
import { carryOut, pictureOf } from './carry-out.ts'
import { createModels } from './models.ts'
import { orderOf, type StepCase } from './step-case.ts'

/** A bundled CommonJS package asks for Node's own modules by `require`. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"

/** Where a child dies: at the n-th call of the journal's hook, or around the n-th change; nothing: nowhere. */
export type Places = { readonly append?: number; readonly change?: number }

/** Hosts to kill steps on. */
export type CrashLane = {
  /** A host on which this case comes next. */
  readonly fresh: (kind: StepCase) => Promise<string>
  /** Carries the step out in a process of its own; true where it was killed before it ended. */
  readonly dies: (root: string, kind: StepCase, places: Places) => Promise<boolean>
  /** Kills the step at each place, carries it on and compares with the undisturbed one; gives the number of places and those that ended otherwise. */
  readonly killEverywhere: (kind: StepCase, name: keyof Places, stride: number) => Promise<{ places: number; otherwise: readonly unknown[] }>
}

const dies = (program: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', (_code, signal) => resolve(signal === 'SIGKILL'))
  })

const COUNTED = /k3s-(?:started|installed)\.json$|meta\.json$/

/** Files, processes and mounts of a host, and what k3s did on it; without files that hold times and counts. */
const outcome = (root: string): string => {
  const files = Object.entries(pictureOf(root, true)).filter(([path]) => !COUNTED.test(path))
  return JSON.stringify([ledgerOf(root), files.toSorted(([a], [b]) => (a < b ? -1 : 1))], null, 1)
}

/** Builds the child before a file's tests (one file starts five times as fast as the sources) and removes all after them. */
export const createCrashLane = (): CrashLane => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-crash-'))
  const program = join(folder, 'crash-child.mjs')
  const fresh = createModels()
  beforeAll(async () => {
    const entry = fileURLToPath(new URL('crash-child.ts', import.meta.url))
    await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner: { js: REQUIRE } })
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const inChild: CrashLane['dies'] = (root, kind, { append = 0, change = 0 }) => dies(program, [root, kind, String(append), String(change)])
  return {
    fresh,
    dies: inChild,
    killEverywhere: async (kind, name, stride) => {
      const undisturbed = await fresh(kind)
      const end = await carryOut({ root: undisturbed, order: orderOf(kind) })
      const wanted = { end: end.type, outcome: outcome(undisturbed) }
      const otherwise: unknown[] = []
      for (let place = 1; ; place += stride) {
        const root = await fresh(kind)
        if (!(await inChild(root, kind, { [name]: place }))) return { places: place - 1, otherwise }
        const again = await carryOut({ root, order: orderOf(kind) })
        const got = { end: again.type, outcome: outcome(root) }
        if (got.end !== wanted.end || got.outcome !== wanted.outcome) otherwise.push({ place, again, got: got.outcome, wanted: wanted.outcome })
      }
    },
  }
}
