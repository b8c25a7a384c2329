import { build, type BuildOptions, type StdinOptions } from 'esbuild'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lazyBuiltins } from './lazy-builtins.ts'

/** The programs that are shipped as one JavaScript file each; `children` lies beside `agent`, which starts it for a short while. */
export type Program = 'agent' | 'children' | 'coordinator' | 'cli'

/** A file for each program. */
export type Programs = Readonly<Record<Program, string>>

const FILES: Programs = { agent: 'agent.cjs', children: 'children.cjs', coordinator: 'coordinator.mjs', cli: 'drover.cjs' }
const MAINS: Programs = {
  agent: 'packages/agent/src/main.ts',
  children: 'packages/agent/src/children.ts',
  coordinator: 'packages/coordinator/src/main.ts',
  cli: 'packages/cli/src/main.ts',
}

/** What to bundle: by default a program's own entry point; another text stands in for it where `stdin` is given. */
export interface BundleOptions {
  readonly program: Program
  readonly outFile: string
  /** What `process.env['DROVER_VERSION']` is in the bundle. */
  readonly version: string
  readonly stdin?: StdinOptions
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The entry point of a program. */
export const mainOf = (program: Program): string => join(root, MAINS[program])

// CommonJS for what starts often or stays resident; import.meta.url has no meaning there, so it gets a variable of its own
// (node-cron reads it at start).
const commonjs: BuildOptions = {
  format: 'cjs',
  define: { 'import.meta.url': '__metaUrl' },
}
const COMMONJS_HEAD = "const __metaUrl = require('node:url').pathToFileURL(__filename).href;"

// The global performance brings ten modules of Node along, which would stay in the resident agent's memory.
const AGENT_HEAD = `${COMMONJS_HEAD} const __monotonic = () => Number(process.hrtime.bigint()) / 1e6;`
const AGENT_DEFINE = { 'performance.now': '__monotonic' }

// The coordinator's dependencies call require and read __filename, which an ES module does not have.
const esm: BuildOptions = { format: 'esm' }
const ESM_HEAD =
  "import { createRequire as __createRequire } from 'node:module'; import { fileURLToPath as __toPath } from 'node:url'; " +
  "const require = __createRequire(import.meta.url); const __filename = __toPath(import.meta.url); const __dirname = __toPath(new URL('.', import.meta.url));"

/** Bundles a program with all its dependencies into one file; throws with esbuild's messages where it cannot. */
export const bundle = async ({ program, outFile, version, stdin }: BundleOptions): Promise<void> => {
  const [shape, head] = program === 'coordinator' ? [esm, ESM_HEAD] : [commonjs, program === 'agent' ? AGENT_HEAD : COMMONJS_HEAD]
  await build({
    ...shape,
    ...(stdin === undefined ? { entryPoints: [mainOf(program)] } : { stdin }),
    outfile: outFile,
    // set at start rather than defined: a define does not reach code that imports process from node:process
    banner: { js: `${head} process.env.DROVER_VERSION = ${JSON.stringify(version)};` },
    bundle: true,
    platform: 'node',
    target: 'node24',
    minify: true,
    keepNames: program !== 'agent', // class names are read by people in messages; the agent stays small
    plugins: program === 'agent' ? [lazyBuiltins] : [],
    legalComments: 'none',
    logLevel: 'error',
    define: {
      ...shape.define,
      ...(program === 'agent' ? AGENT_DEFINE : {}),
      // ws would look for these native add-ons at start; with the variables set it does not even ask
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
  })
}

/** Bundles all programs into a folder, under the names that they are shipped by. */
export const bundleAll = async (folder: string, version: string): Promise<Programs> => {
  const made = async (program: Program): Promise<string> => {
    const outFile = join(folder, FILES[program])
    await bundle({ program, outFile, version })
    return outFile
  }
  return { agent: await made('agent'), children: await made('children'), coordinator: await made('coordinator'), cli: await made('cli') }
}
