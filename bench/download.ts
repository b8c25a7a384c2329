import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleAll } from '../scripts/bundle/bundle.ts'
import { AGENT_PACKINGS, agentArchive } from '../scripts/package/agent-archive.ts'
import { type Arch, lockedNode, runtimeFor } from '../scripts/package/runtime.ts'
import { tarEntry } from '../scripts/package/tar.ts'
import { megabytes, type Row } from './row.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache/drover-package')
const LIMITS = { xz: '<= 30 MB', gz: '<= 42 MB' } as const
const WAYS = ['xz', 'gz'] as const

type Parts = Omit<Parameters<typeof agentArchive>[0], 'arch' | 'runtime'>

/**
 * Size of the agent's archive by architecture and compressor. Packing Node takes minutes, so only what `npm run package`
 * has left in its cache is put together again here, with the agent as it is now.
 */
export const measureDownload = async (): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  try {
    const parts = { version: '0.0.0', programs: await bundleAll(folder, '0.0.0'), unit: join(root, 'deploy/systemd/drover-agent.service'), installer: join(root, 'deploy/install.sh'), cache }
    const rows: Row[] = []
    for (const arch of ['amd64', 'arm64'] as const) for (const way of WAYS) rows.push(await rowOf(parts, arch, way))
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const rowOf = async (parts: Parts, arch: Arch, way: (typeof WAYS)[number]): Promise<Row> => {
  const named = { name: `download of the agent, ${arch}, ${way}`, limit: LIMITS[way] }
  if (!isPacked(arch, way)) return { ...named, value: 'not packed yet: npm run package' }
  const { bundle: made } = await agentArchive({ ...parts, arch, runtime: runtimeFor(arch, { root, cache }) }, way)
  return { ...named, value: megabytes(made.size / 1e6) }
}

/** Whether the cache holds Node for an architecture, packed in a way: by the hash of its piece of the archive. */
const isPacked = (arch: Arch, way: (typeof WAYS)[number]): boolean => {
  const { version } = lockedNode(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'), arch)
  const node = join(cache, `node-${version}-${arch}`, 'node')
  if (!existsSync(node)) return false
  const [, body] = tarEntry({ path: 'node', mode: 0o755, content: readFileSync(node) })
  return existsSync(join(cache, `${createHash('sha256').update(body).digest('hex')}.${AGENT_PACKINGS[way][arch]}`))
}
