import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { STEPS, type StepKind } from '@drover/protocol'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { ledgerOf } from '../../kit/fake-host/fake-host.ts'
import { changeWorld } from '../../kit/fake-host/world.ts'
import { carryOut, copyHost, pictureOf, stage } from './carry-out.ts'
import { dropRoot, newRoot, orderOf } from './step-case.ts'

/** Every kind of step. */
export const KINDS = Object.keys(STEPS) as StepKind[]
const folder = mkdtempSync(join(tmpdir(), 'drover-crash-'))
const CHILD = join(folder, 'crash-child.mjs')
/** A bundled CommonJS package asks for Node's own modules by `require`. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
const roots: string[] = []
const models = new Map<StepKind, string>()

const stagedModel = async (kind: StepKind): Promise<string> => {
  const known = models.get(kind)
  if (known !== undefined) return known
  const model = newRoot()
  models.set(kind, model)
  await stage(model, kind)
  changeWorld(model, () => undefined)
  return model
}
/** A host on which this kind comes next; staged once, then copied. */
export const fresh = async (kind: StepKind): Promise<string> => {
  const root = newRoot()
  roots.push(root)
  copyHost(await stagedModel(kind), root)
  return root
}

/** Builds the child before a file's tests and removes all hosts after them. One file starts five times as fast as the sources. */
export const prepareLane = (): void => {
  beforeAll(async () => {
    const entry = fileURLToPath(new URL('crash-child.ts', import.meta.url))
    await build({ entryPoints: [entry], outfile: CHILD, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner: { js: REQUIRE } })
  })
  afterEach(() => roots.splice(0).forEach(dropRoot))
  afterAll(() => {
    ;[...models.values()].forEach(dropRoot)
    rmSync(folder, { recursive: true })
  })
}

type Died = { readonly signal: string | null; readonly out: string }

/** Carries the step out in a process of its own that dies at the given places (0: nowhere). */
export const inChild = (root: string, kind: StepKind, places: { append?: number; change?: number }): Promise<Died> =>
  new Promise((resolve, reject) => {
    const args = [CHILD, root, kind, String(places.append ?? 0), String(places.change ?? 0)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => resolve({ signal, out }))
  })

/** Files, processes and mounts of a host, and what k3s did on it. */
export const outcome = (root: string) => ({ picture: pictureOf(root, true), ledger: ledgerOf(root) })

/** The same outcome, whatever order the world was made in, and without what is a count. */
export const expectSame = (got: ReturnType<typeof outcome>, wanted: ReturnType<typeof outcome>, place: string): void => {
  expect(got.ledger, place).toEqual(wanted.ledger)
  const steady = ({ picture }: ReturnType<typeof outcome>) => Object.fromEntries(Object.entries(picture).filter(([path]) => !/k3s-(?:started|installed)\.json$/.test(path)))
  expect(steady(got), place).toEqual(steady(wanted))
}

/** Kills the step at the places of a name, carries it on and compares the end with the undisturbed one; resolves with the number of kills. */
export const killEverywhere = async (kind: StepKind, name: 'append' | 'change', stride: number): Promise<number> => {
  const undisturbed = await fresh(kind)
  await carryOut({ root: undisturbed, order: orderOf(kind) })
  const wanted = outcome(undisturbed)
  for (let place = 1; ; place += stride) {
    const root = await fresh(kind)
    const died = await inChild(root, kind, { [name]: place })
    if (died.signal === null) return place - 1
    const end = await carryOut({ root, order: orderOf(kind) })
    expect(end, `${name} ${String(place)}`).toMatchObject({ type: 'DONE' })
    expectSame(outcome(root), wanted, `${name} ${String(place)}`)
  }
}
