import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Programs } from '../bundle/bundle.ts'
import { archive } from './archive.ts'
import type { Packing } from './compress.ts'
import type { Arch, Runtime } from './runtime.ts'

/** One line of agent-bundles.json: a file that the coordinator serves by its hash. Size in bytes. */
export interface AgentBundle {
  readonly arch: Arch
  readonly compression: 'xz' | 'gz'
  readonly file: string
  readonly size: number
  readonly sha256: string
}

/** What goes into an agent's archive, whatever its compression. */
export interface AgentParts {
  readonly arch: Arch
  readonly version: string
  readonly runtime: Runtime
  /** The bundled agent.cjs and children.cjs. */
  readonly programs: Pick<Programs, 'agent' | 'children'>
  /** The unit file. */
  readonly unit: string
  /** The installer, kept on the host so that it can take the agent off without the coordinator. */
  readonly installer: string
  readonly cache: string
}

/** How the archives are packed: for a release at their best, for tests and the demo at once. */
export const AGENT_PACKINGS = {
  xz: { compression: 'xz', amd64: 'xz-x86', arm64: 'xz', text: 'xz' },
  gz: { compression: 'gz', amd64: 'gzip-9', arm64: 'gzip-9', text: 'gzip-9' },
  fast: { compression: 'gz', amd64: 'gzip-1', arm64: 'gzip-1', text: 'gzip-1' },
} as const satisfies Record<string, { compression: 'xz' | 'gz'; amd64: Packing; arm64: Packing; text: Packing }>

/** The archive that an agent is installed from, with its line for agent-bundles.json. */
export const agentArchive = async (parts: AgentParts, how: keyof typeof AGENT_PACKINGS): Promise<{ readonly bundle: AgentBundle; readonly bytes: Uint8Array }> => {
  const { arch, version, runtime, programs, unit, installer, cache } = parts
  const packings = AGENT_PACKINGS[how]
  const text = (path: string, from: string) => ({ path, mode: 0o644, content: readFileSync(from), packing: packings.text })
  const entries = [
    { path: 'node', mode: 0o755, content: readFileSync(runtime.node), packing: packings[arch] },
    text('LICENSE.node', runtime.license),
    text('agent.cjs', programs.agent),
    text('children.cjs', programs.children),
    text('drover-agent.service', unit),
    text('install.sh', installer),
    { path: 'VERSION', mode: 0o644, content: Buffer.from(`${version}\n`), packing: packings.text },
  ]
  const bytes = await archive(entries, cache)
  const file = `drover-agent-${version}-linux-${arch}.tar.${packings.compression}`
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { bundle: { arch, compression: packings.compression, file, size: bytes.byteLength, sha256 }, bytes }
}
