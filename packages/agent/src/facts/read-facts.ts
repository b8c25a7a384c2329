import { type Claim, DROVER, type HostFactsMessage, K3S, type Role, unitFileOf, unitOf } from '@drover/protocol'
import { parseClaim, parseInstalled } from '../core/k3s/marks.ts'
import { overriddenKeys, type DropIn } from '../core/k3s/overridden-keys.ts'
import { lastFatalLine } from '../core/parse/fatal-line.ts'
import { scrub } from '../core/scrub.ts'
import type { HostReader, UnitState } from '../host/host.ts'
import { absolutePath, below } from '../host/path.ts'
import type { ReadCluster } from './read-cluster.ts'

type Facts = HostFactsMessage['facts']
type K3sFact = NonNullable<Facts['k3s']>

/** What reading facts needs; `isCurrent` tells whether k3s runs with the binary and settings that are on disk. */
export type FactsTools = {
  readonly host: Pick<HostReader, 'readFile' | 'stat' | 'list' | 'unit' | 'log'>
  readonly isCurrent: (role: Role, unit: UnitState) => Promise<boolean>
  readonly cluster: ReadCluster
}

/** What this host's files and systemd say of k3s, and on a server what its API says; made to be called every few seconds. */
export const readFacts = async (tools: FactsTools): Promise<Omit<HostFactsMessage, 'ageMs'>> => {
  const [installed, claim, config] = await Promise.all([readInstalled(tools), readClaim(tools), readConfig(tools)])
  const k3s = claim === null ? null : await readK3s(tools, claim)
  return {
    facts: { ...installed, config, claim, k3s },
    cluster: k3s !== null && mayAnswer(k3s) ? await tools.cluster() : null,
  }
}

const mayAnswer = (k3s: K3sFact): boolean => k3s.role === 'server' && (k3s.state === 'active' || k3s.state === 'starting')

const readClaim = async (tools: FactsTools): Promise<Claim | null> => {
  const text = await readText(tools, DROVER.claim)
  return text === null ? null : parseClaim(text)
}

const readText = async (tools: FactsTools, path: string): Promise<string | null> => {
  const bytes = await tools.host.readFile(absolutePath(path))
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

/** The mark counts only while the binary is the very file that was installed; a foreign or replaced one is nobody's. */
const readInstalled = async (tools: FactsTools): Promise<Pick<Facts, 'binary' | 'images'>> => {
  const text = await readText(tools, DROVER.installed)
  const mark = text === null ? null : parseInstalled(text)
  const file = await tools.host.stat(absolutePath(K3S.binary))
  if (mark === null || file === null) return { binary: null, images: mark?.images ?? {} }
  const isSame = file.kind === 'file' && file.bytes === mark.bytes && file.modifiedMs === mark.modifiedMs
  return { binary: isSame ? { version: mark.version, sha256: mark.sha256 } : null, images: mark.images }
}

const readConfig = async (tools: FactsTools): Promise<Facts['config']> => {
  const text = await readText(tools, K3S.dropIn)
  if (text === null) return null
  const names = (await tools.host.list(absolutePath(K3S.dropIns))) ?? []
  const folder = absolutePath(K3S.dropIns)
  const ours = { name: K3S.dropIn.slice(K3S.dropIns.length + 1), text }
  const later = names.filter((name) => name > ours.name && /\.ya?ml$/.test(name))
  const others: readonly DropIn[] = await Promise.all(
    later.map(async (name) => ({ name, text: (await readText(tools, below(folder, name))) ?? '' })),
  )
  return { text: text.slice(0, 32_768), overridden: overriddenKeys(ours, others) }
}

const readRole = async (tools: FactsTools): Promise<Role | null> => {
  for (const role of ['server', 'agent'] as const) {
    if ((await tools.host.stat(absolutePath(unitFileOf(role)))) !== null) return role
  }
  return null
}

/** Without a unit file there is no k3s of ours, whatever the claim says. */
const readK3s = async (tools: FactsTools, claim: Claim): Promise<K3sFact | null> => {
  const role = await readRole(tools)
  if (role === null) return null
  const unit = await tools.host.unit(unitOf(role))
  const state = STATES[unit.active] ?? 'stopped'
  return {
    role,
    state,
    wasActive: (await tools.host.stat(absolutePath(DROVER.wasActive))) !== null,
    current: await tools.isCurrent(role, unit),
    incarnation: claim.incarnation,
    restarts: unit.restarts,
    lastFatal: state === 'failed' || state === 'starting' ? await readFatal(tools, role) : null,
  }
}

const STATES: Readonly<Record<string, K3sFact['state']>> = {
  active: 'active',
  reloading: 'active',
  activating: 'starting',
  failed: 'failed',
}

const readFatal = async (tools: FactsTools, role: Role): Promise<string | null> =>
  lastFatalLine(scrub((await tools.host.log(unitOf(role), '')).lines.join('\n'), []))
