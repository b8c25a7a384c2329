import { type Claim, type HostFactsMessage, K3S, type Role, unitFileOf, unitOf } from '@drover/protocol'
import { isCurrent } from '../core/k3s/marks.ts'
import { overriddenKeys, type DropIn } from '../core/k3s/overridden-keys.ts'
import { lastFatalLine } from '../core/parse/fatal-line.ts'
import { scrub } from '../core/scrub.ts'
import type { HostReader } from '../host/host.ts'
import { AT, readClaim, readInstalled, readStarted, readText, settingsDigest } from '../host/k3s-marks.ts'
import { absolutePath, below } from '../host/path.ts'
import { readSysctls } from '../host/read-sysctls.ts'
import { unitIsUp } from '../host/unit-is-up.ts'
import type { ClusterReading, ReadCluster } from './read-cluster.ts'
import { createReadFirewall, type ReadFirewall } from './read-firewall.ts'

type Facts = HostFactsMessage['facts']
type K3sFact = NonNullable<Facts['k3s']>

/** What one look at this host found; `cluster` only on a server whose API answers. */
export type HostReading = { readonly facts: Facts; readonly cluster: ClusterReading | null }

/** What reading facts needs. */
export type FactsTools = { readonly host: HostReader; readonly cluster: ReadCluster; readonly firewall?: ReadFirewall }

/** What this host's files and systemd say of k3s, and on a server what its API says; made to be called every few seconds. */
export const readFacts = async (tools: FactsTools): Promise<HostReading> => {
  const { host } = tools
  const [installed, claim, config, sysctls] = await Promise.all([readInstalledFacts(host), readClaim(host), readConfig(host), readSysctls(host)])
  const k3s = claim === null || claim === 'damaged' ? null : await readK3s(host, claim, installed.binary?.sha256 ?? null)
  return {
    facts: { ...installed, config, claim: claim === 'damaged' ? null : claim, k3s, sysctls, ...(await readFirewallFact(tools)) },
    cluster: k3s !== null && mayAnswer(k3s) ? await tools.cluster() : null,
  }
}

/** A firewall that cannot be read just now must not keep the other facts back. */
const readFirewallFact = async ({ host, firewall }: FactsTools): Promise<Pick<Facts, 'firewall'>> => {
  const read = firewall ?? createReadFirewall({ host, repairs: () => 0, monotonic: () => 0 })
  return read().then(
    (fact) => ({ firewall: fact }),
    () => ({}),
  )
}

const mayAnswer = (k3s: K3sFact): boolean => k3s.role === 'server' && (k3s.state === 'active' || k3s.state === 'starting')

/** The mark counts only while the binary is the very file that was installed; it is never hashed here. */
const readInstalledFacts = async (host: HostReader): Promise<Pick<Facts, 'binary' | 'images'>> => {
  const [mark, file] = await Promise.all([readInstalled(host), host.stat(AT.binary)])
  const isSame = mark !== null && file?.kind === 'file' && file.bytes === mark.bytes && file.modifiedMs === mark.modifiedMs
  return { binary: isSame ? { version: mark.version, sha256: mark.sha256 } : null, images: mark?.images ?? {} }
}

const readConfig = async (host: HostReader): Promise<Facts['config']> => {
  const text = await readText(host, AT.dropIn)
  if (text === null) return null
  const folder = absolutePath(K3S.dropIns)
  const ours = { name: K3S.dropIn.slice(K3S.dropIns.length + 1), text }
  const names = (await host.list(folder)) ?? []
  const later = names.filter((name) => name > ours.name && /\.ya?ml$/.test(name))
  const others: readonly DropIn[] = await Promise.all(later.map(async (name) => ({ name, text: (await readText(host, below(folder, name))) ?? '' })))
  return { text: text.slice(0, 32_768), overridden: overriddenKeys(ours, others) }
}

const readRole = async (host: HostReader): Promise<Role | null> => {
  for (const role of ['server', 'agent'] as const) {
    if ((await host.stat(absolutePath(unitFileOf(role)))) !== null) return role
  }
  return null
}

const STATES: Readonly<Record<string, K3sFact['state']>> = {
  active: 'active',
  reloading: 'active',
  activating: 'starting',
  failed: 'failed',
}

/** Without a unit file there is no k3s of ours, whatever the claim says. */
const readK3s = async (host: HostReader, claim: Claim, binary: string | null): Promise<K3sFact | null> => {
  const role = await readRole(host)
  if (role === null) return null
  const [unit, started, settings] = await Promise.all([host.unit(unitOf(role)), readStarted(host), settingsDigest(host, role)])
  const state = (await unitIsUp(host, role, unit)) ? 'active' : (STATES[unit.active] ?? 'stopped')
  return {
    role,
    state,
    wasActive: (await host.stat(AT.wasActive)) !== null,
    current: isCurrent(started, { binary, settings, invocation: unit.invocation }),
    incarnation: claim.incarnation,
    restarts: unit.restarts,
    lastFatal: state === 'failed' || state === 'starting' ? await readFatal(host, role) : null,
  }
}

const readFatal = async (host: HostReader, role: Role): Promise<string | null> =>
  lastFatalLine(scrub((await host.log(unitOf(role), '')).lines.join('\n'), []))
