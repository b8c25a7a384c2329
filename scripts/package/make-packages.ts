import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Programs } from '../bundle/bundle.ts'
import { AGENT_PACKINGS, agentArchive, type AgentBundle } from './agent-archive.ts'
import { proveArchive } from './prove-archive.ts'
import { layRelease, packRelease } from './release-folder.ts'
import { runtimeFor, type Arch, type Places } from './runtime.ts'

/** What to package. */
export interface PackageOptions {
  readonly places: Places
  /** Folder for everything that is made. */
  readonly out: string
  readonly version: string
  readonly arches: readonly Arch[]
  /** Packed quickly with gzip only, for tests and the demo; else at its best, with gzip and xz. */
  readonly fast: boolean
  readonly programs: Programs
  readonly say: (line: string) => void
}

/** What was made: paths, and the agents' archives that are over their size. */
export interface Packages {
  readonly agents: readonly AgentBundle[]
  /** Archive of coordinator and CLI, by architecture. */
  readonly archives: ReadonlyMap<Arch, string>
  /** The same, laid out. */
  readonly folders: ReadonlyMap<Arch, string>
  readonly over: readonly string[]
}

const LIMITS = { xz: 30_000_000, gz: 42_000_000 }

/** Packs the agents for all architectures and, with all of them inside, the coordinator and the CLI for each. */
export const makePackages = async (options: PackageOptions): Promise<Packages> => {
  mkdirSync(options.out, { recursive: true })
  const agents = await makeAgents(options)
  writeFileSync(join(options.out, 'agent-bundles.json'), `${JSON.stringify(agents.map(each => each.bundle), null, 2)}\n`)
  const archives = new Map<Arch, string>()
  const folders = new Map<Arch, string>()
  for (const arch of options.arches) {
    const { out, version, fast, places, programs } = options
    const folder = join(out, `release-linux-${arch}`)
    layRelease(folder, { root: places.root, arch, version, runtime: runtimeFor(arch, places), coordinator: programs.coordinator, cli: programs.cli, agents })
    const top = `drover-${version}-linux-${arch}`
    const bytes = await packRelease(folder, { top, level: fast ? 1 : 9, cache: places.cache })
    const file = join(out, `${top}.tar.gz`)
    writeFileSync(file, bytes)
    options.say(`  ok  ${top}.tar.gz  ${megabytes(bytes.byteLength)}`)
    archives.set(arch, file)
    folders.set(arch, folder)
  }
  const over = options.fast ? [] : agents.filter(({ bundle }) => bundle.size > LIMITS[bundle.compression]).map(({ bundle }) => bundle.file)
  return { agents: agents.map(each => each.bundle), archives, folders, over }
}

const makeAgents = async ({ places, out, version, arches, fast, programs, say }: PackageOptions) => {
  const ways: readonly (keyof typeof AGENT_PACKINGS)[] = fast ? ['fast'] : ['xz', 'gz']
  const agents = []
  for (const arch of arches) {
    const runtime = runtimeFor(arch, places)
    const unit = join(places.root, 'deploy/systemd/drover-agent.service')
    const installer = join(places.root, 'deploy/install.sh')
    for (const how of ways) {
      const made = await agentArchive({ arch, version, runtime, programs, unit, installer, cache: places.cache }, how)
      const file = join(out, made.bundle.file)
      writeFileSync(file, made.bytes)
      agents.push(made)
      const limit = LIMITS[made.bundle.compression]
      const verdict = fast ? '' : ` (limit ${megabytes(limit)})${made.bundle.size > limit ? ' OVER' : ''}`
      say(`  ok  ${made.bundle.file}  ${megabytes(made.bundle.size)}${verdict}`)
      say(`      ${proveArchive(file, arch)}`)
    }
  }
  return agents
}

const megabytes = (size: number): string => `${(size / 1e6).toFixed(1)} MB`
