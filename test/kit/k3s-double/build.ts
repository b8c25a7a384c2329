import { createHash } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What the stand-in says it is, and which Node starts it on the host. */
export type DoubleOptions = {
  /** A k3s release such as `v1.36.2+k3s1`. */
  readonly version: string
  /** Absolute path of a Node 24 on the host, written into the first line of the file. */
  readonly node?: string
}

/** Where lab hosts have their Node. */
export const LAB_NODE = '/usr/lib/drover-lab/node'

/** Some bundled packages are CommonJS and ask for Node's own modules by `require`. */
const REQUIRE = "import{createRequire as droverRequire}from'node:module';const require=droverRequire(import.meta.url);"

/** Bundles the stand-in into one executable file; the same sources and options give the same bytes. */
export async function buildDouble(outFile: string, options: DoubleOptions): Promise<{ path: string; sha256: string }> {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const result = await build({
    entryPoints: [`${here}src/main.ts`],
    absWorkingDir: here,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    banner: { js: `#!${options.node ?? LAB_NODE}\n${REQUIRE}` },
    define: { K3S_DOUBLE_VERSION: JSON.stringify(options.version) },
  })
  const bytes = result.outputFiles[0]?.contents
  if (bytes === undefined) throw new Error('the bundler wrote no file')
  await writeFile(outFile, bytes)
  await chmod(outFile, 0o755)
  return { path: outFile, sha256: createHash('sha256').update(await readFile(outFile)).digest('hex') }
}
