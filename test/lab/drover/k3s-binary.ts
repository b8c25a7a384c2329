import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildDouble } from '../../kit/k3s-double/build.ts'

/** Which k3s a demo or a test runs on; `words` is what it says in its output. */
export type K3sBinary = { readonly path: string; readonly isReal: boolean; readonly version: string; readonly words: string }

const VERSION = 'v1.36.2+k3s1'
const REACHED = 5_000
const DOWNLOADED = 600_000

/** The binary that K3S_BIN names, or the stand-in, built into `folder`. */
export const k3sBinary = async (folder: string): Promise<K3sBinary> => {
  const named = process.env['K3S_BIN'] ?? ''
  if (named !== '') return real(named)
  mkdirSync(folder, { recursive: true })
  const { path } = await buildDouble(join(folder, 'k3s'), { version: VERSION })
  return { path, isReal: false, version: VERSION, words: `the stand-in for k3s ${VERSION} (set K3S_BIN to a real binary to run on that)` }
}

/** The same, but where K3S_BIN names none and the upstream release can be reached, that release. DROVER_K3S=stand-in does not ask for it. */
export const k3sBinaryOrRelease = async (folder: string): Promise<K3sBinary> => {
  const asks = (process.env['K3S_BIN'] ?? '') === '' && process.env['DROVER_K3S'] !== 'stand-in'
  return (asks ? await released(folder) : null) ?? k3sBinary(folder)
}

const real = (path: string): K3sBinary => {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  const version = /^k3s\S* version (\S+)/.exec(stdout)?.[1]
  if (status !== 0 || version === undefined) throw new Error(`${path} does not answer to --version as k3s does`)
  return { path, isReal: true, version, words: `a real k3s ${version}` }
}

/** Downloads the release and checks it by the release's own list of sums; null where it cannot be reached. */
const released = async (folder: string): Promise<K3sBinary | null> => {
  const base = `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(VERSION)}`
  const arm = process.arch === 'arm64'
  const name = arm ? 'k3s-arm64' : 'k3s'
  try {
    const sums = await (await fetch(`${base}/sha256sum-${arm ? 'arm64' : 'amd64'}.txt`, { signal: AbortSignal.timeout(REACHED) })).text()
    const line = sums.split('\n').find((entry) => entry.trimEnd().endsWith(` ${name}`))
    const bytes = Buffer.from(await (await fetch(`${base}/${name}`, { signal: AbortSignal.timeout(DOWNLOADED) })).arrayBuffer())
    if (line?.slice(0, 64) !== createHash('sha256').update(bytes).digest('hex')) return null
    mkdirSync(folder, { recursive: true })
    const path = join(folder, 'k3s-release')
    writeFileSync(path, bytes)
    chmodSync(path, 0o755)
    return real(path)
  } catch {
    return null
  }
}
