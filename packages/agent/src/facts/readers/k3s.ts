import { beforeEtcd, type ToldFacts, type Role, unitFileOf, unitOf } from '@drover/protocol'
import { isCurrent } from '../../core/k3s/marks.ts'
import { lastFatalLine } from '../../core/parse/fatal-line.ts'
import { scrub } from '../../core/scrub.ts'
import type { HostReader, UnitState } from '../../host/host.ts'
import { readDatastore } from '../../host/k3s-datastore.ts'
import { AT, readStarted, settingsDigests } from '../../host/k3s-marks.ts'
import { absolutePath } from '../../host/path.ts'
import { unitIsUp } from '../../host/unit-is-up.ts'
import { readBinary } from './binary.ts'
import { readClaim } from './claim.ts'
import type { FactReader } from './reader.ts'

type K3sFact = NonNullable<ToldFacts['k3s']>

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

const readState = async (host: HostReader, role: Role, unit: UnitState): Promise<K3sFact['state']> =>
  (await unitIsUp(host, role, unit)) ? 'active' : (STATES[unit.active] ?? 'stopped')

/** SQLite as long as anything of it has still to be moved; where a move was cut short it may be in its copy alone. */
const readStore = async (host: HostReader, role: Role, incarnation: number): Promise<{ datastore?: K3sFact['datastore'] }> => {
  if (role === 'agent') return {}
  const { sqlite, etcd } = await readDatastore(host)
  if (!sqlite && etcd) return { datastore: 'etcd' }
  return sqlite || (await host.stat(absolutePath(beforeEtcd(incarnation)))) !== null ? { datastore: 'sqlite' } : {}
}

/** Without a claim or a unit file there is no k3s of ours. */
export const readK3s: FactReader<'k3s'> = async (host) => {
  const [claim, role] = await Promise.all([readClaim(host), readRole(host)])
  if (claim === null || role === null) return null
  const binary = (await readBinary(host))?.sha256 ?? null
  const [unit, started, settings] = await Promise.all([host.unit(unitOf(role)), readStarted(host), settingsDigests(host, role)])
  const state = await readState(host, role, unit)
  return {
    role,
    state,
    wasActive: (await host.stat(AT.wasActive)) !== null,
    current: isCurrent(started, { binary, ...settings, invocation: unit.invocation }),
    incarnation: claim.incarnation,
    ...(started?.version === undefined ? {} : { runs: started.version }),
    ...(await readStore(host, role, claim.incarnation)),
    restarts: unit.restarts,
    // What it ends of is in its log; one that has not ended since it was started has said none.
    lastFatal: state === 'failed' || (state === 'starting' && unit.restarts > 0) ? await readFatal(host, role) : null,
  }
}

const readFatal = async (host: HostReader, role: Role): Promise<string | null> =>
  lastFatalLine(scrub((await host.log(unitOf(role), '')).lines.join('\n'), []))
