import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildDouble } from '../../kit/k3s-double/build.ts'

/** Which k3s a demo or a test runs on; `words` is what it says in its output. */
export type K3sBinary = { readonly path: string; readonly isReal: boolean; readonly version: string; readonly words: string }

const VERSION = 'v1.36.2+k3s1'

/** The binary that K3S_BIN names, or the stand-in, built into `folder`. */
export const k3sBinary = async (folder: string): Promise<K3sBinary> => {
  const real = process.env['K3S_BIN'] ?? ''
  if (real === '') {
    mkdirSync(folder, { recursive: true })
    const { path } = await buildDouble(join(folder, 'k3s'), { version: VERSION })
    return { path, isReal: false, version: VERSION, words: `the stand-in for k3s ${VERSION} (set K3S_BIN to a real binary to run on that)` }
  }
  const { status, stdout } = spawnSync(real, ['--version'], { encoding: 'utf8' })
  const version = /^k3s version (\S+)/.exec(stdout)?.[1]
  if (status !== 0 || version === undefined) throw new Error(`K3S_BIN=${real} does not answer to --version as k3s does`)
  return { path: real, isReal: true, version, words: `a real k3s ${version}` }
}
