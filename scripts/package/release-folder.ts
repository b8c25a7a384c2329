import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { archive, type PackedEntry } from './archive.ts'
import type { Packing } from './compress.ts'
import type { AgentBundle } from './agent-archive.ts'
import { ARCHES, type Arch, type Runtime } from './runtime.ts'

/** What a coordinator's release folder is made of. */
export interface ReleaseParts {
  readonly root: string
  readonly arch: Arch
  readonly version: string
  readonly runtime: Runtime
  /** The bundled coordinator.mjs. */
  readonly coordinator: string
  /** The bundled drover.cjs. */
  readonly cli: string
  readonly agents: readonly { readonly bundle: AgentBundle; readonly bytes: Uint8Array }[]
}

const EXECUTABLES = new Set(['node', 'install-coordinator.sh'])

/** Lays out the folder that the coordinator and the CLI run from (and are installed from); what was there is replaced. */
export const layRelease = (folder: string, parts: ReleaseParts): void => {
  const { root, arch, version, runtime, agents } = parts
  rmSync(folder, { recursive: true, force: true })
  const files: Readonly<Record<string, string>> = {
    node: runtime.node,
    'LICENSE.node': runtime.license,
    LICENSE: join(root, 'LICENSE'),
    'coordinator.mjs': parts.coordinator,
    'drover.cjs': parts.cli,
    [`sqlite-linux-${ARCHES[arch].node}.node`]: join(root, `packages/coordinator/node_modules/better-sqlite3/prebuilds/linux-${ARCHES[arch].node}.node`),
    'assets/install.sh': join(root, 'deploy/install.sh'),
    'install-coordinator.sh': join(root, 'deploy/install-coordinator.sh'),
    'drover-coordinator.service': join(root, 'deploy/systemd/drover-coordinator.service'),
    ...Object.fromEntries(globSync('deploy/examples/*.yaml', { cwd: root }).map(file => [`examples/${basename(file)}`, join(root, file)])),
  }
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    copyFileSync(from, join(folder, name))
  }
  for (const { bundle, bytes } of agents) writeFileSync(join(folder, 'assets', bundle.file), bytes)
  writeFileSync(join(folder, 'assets/agent-bundles.json'), `${JSON.stringify(agents.map(each => each.bundle), null, 2)}\n`)
  writeFileSync(join(folder, 'VERSION'), `${version}\n`)
}

/** The release folder as one .tar.gz with a folder of its own name on top; `level` is gzip's for all but what is packed already. */
export const packRelease = async (folder: string, { top, level, cache }: { readonly top: string; readonly level: 1 | 9; readonly cache: string }): Promise<Uint8Array> => {
  const best: Packing = level === 9 ? 'gzip-9' : 'gzip-1'
  const paths = globSync('**/*', { cwd: folder }).sort()
  const entries = paths.map((path): PackedEntry => {
    const isFolder = statSync(join(folder, path)).isDirectory()
    const mode = isFolder || EXECUTABLES.has(path) ? 0o755 : 0o644
    const content = isFolder ? new Uint8Array() : readFileSync(join(folder, path))
    return { path: `${top}/${path}${isFolder ? '/' : ''}`, mode, content, packing: path.startsWith('assets/drover-agent-') ? 'gzip-0' : best }
  })
  return archive([{ path: `${top}/`, mode: 0o755, content: new Uint8Array(), packing: best }, ...entries], cache)
}
