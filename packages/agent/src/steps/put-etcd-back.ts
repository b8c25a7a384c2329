import { DroverError, K3S } from '@drover/protocol'
import { lastSaid } from '../core/k3s/start-faults.ts'
import { lastFatalLine } from '../core/parse/fatal-line.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { below } from '../host/path.ts'
import { dataAside, K3S_SERVER } from '../host/read-asides.ts'
import { snapshotFile } from '../host/read-snapshots.ts'
import type { StepContext } from './step.ts'
import { stopServer } from './stop-server.ts'

type Context = StepContext<'k3s.restore'>

const DB = below(K3S_SERVER, 'db')
const WAL = below(DB, 'etcd', 'member', 'wal')

/** The unit in which k3s makes a cluster of one member out of a snapshot; it outlives the agent. */
export const resetUnit = ({ params }: Context): string => `drover-k3s-reset-${String(params.incarnation)}`

/** Long enough for some GB; k3s itself knows no limit. */
const LIMIT_S = 1500

/** How the run stands: a unit that has ended well stays `exited` until it is stopped. */
type Reset = 'none' | 'running' | 'done' | 'failed'

const readReset = async (host: HostReader, context: Context): Promise<Reset> => {
  const { active, sub } = await host.unit(resetUnit(context))
  if (active === 'failed') return 'failed'
  if (active === 'inactive') return 'none'
  return active === 'active' && sub === 'exited' ? 'done' : 'running'
}

/** The unit keeps nothing behind: what it has done lies in the data. */
export const endReset = async (host: HostWriter, context: Context): Promise<void> => {
  const reset = await readReset(host, context)
  if (reset === 'none') return
  if (reset !== 'failed') await host.unitDo('stop', resetUnit(context))
  else await host.unitDo('reset-failed', resetUnit(context))
}

/** True while the unit is still known to systemd. */
export const hasReset = async (host: HostReader, context: Context): Promise<boolean> => (await readReset(host, context)) !== 'none'

/** k3s refuses a reset while its settings name a server to join: on the command line an empty one comes after them. */
const command = ({ params }: Context): readonly string[] => [
  K3S.binary, 'server', '--server=', '--cluster-reset', `--cluster-reset-restore-path=${snapshotFile({ name: params.snapshot, datastore: 'etcd' })}`,
]

const PROPERTIES = ['RemainAfterExit=yes', 'KillMode=control-group', 'WorkingDirectory=/', 'UMask=0077', `RuntimeMaxSec=${String(LIMIT_S)}`] as const

const launch = async (host: HostWriter, context: Context): Promise<void> => {
  const properties = PROPERTIES.map((property) => `--property=${property}`)
  const ran = await host.change('systemd-run', [`--unit=${resetUnit(context)}`, '--quiet', '--service-type=exec', ...properties, '--', ...command(context)])
  if (ran.code !== 0) throw new DroverError('step.tool', 'systemd-run failed', { evidence: ran.stderr })
}

/** Where the data before are aside whatever else is there was made by a run that was cut. */
const clear = async (host: HostWriter, context: Context): Promise<void> => {
  const aside = dataAside(context.params.incarnation)
  await endReset(host, context)
  if ((await host.stat(aside)) !== null) await host.removeTree(DB)
  else if ((await host.stat(DB)) !== null) await host.rename(DB, aside)
}

const POLL = 500

const failure = (lines: readonly string[]): DroverError => {
  const words = lastFatalLine(lines.join('\n')) ?? lastSaid(lines)
  return new DroverError('k3s.reset', `k3s made no cluster out of the snapshot: ${words === '' ? 'it said nothing' : words}`, { evidence: lines.slice(-40).join('\n') })
}

const awaitEnd = async (host: HostReader, context: Context): Promise<void> => {
  let before = ''
  for (;;) {
    const reset = await readReset(host, context)
    const { lines } = await host.log(resetUnit(context), '')
    if (reset === 'done') return
    if (reset !== 'running') throw failure(lines)
    const said = lastSaid(lines)
    if (said !== before && said !== '') context.say(`k3s makes a cluster of one member out of the snapshot: ${said}`)
    before = said
    if (context.signal.aborted) throw new DroverError('step.timeout', `k3s has not ended: ${said}`)
    await host.pause(POLL)
  }
}

/**
 * Has k3s itself make a cluster of one member out of the snapshot, in the place of the data; those before are set aside whole.
 * A run that outlived its step is waited for, one that was cut begins anew.
 */
export const putEtcdBack = async (host: HostWriter, context: Context): Promise<void> => {
  const reset = await readReset(host, context)
  if (reset === 'none' || reset === 'failed') {
    context.say('stopping k3s')
    await stopServer(host)
    await clear(host, context)
    await launch(host, context)
  }
  await awaitEnd(host, context)
  if ((await host.stat(WAL)) === null) throw new DroverError('k3s.reset', `k3s says that it is done, but there is no ${WAL}`)
}
