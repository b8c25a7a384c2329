import { DroverError } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import { type AbsolutePath, below } from '../host/path.ts'
import { dataAside, K3S_SERVER } from '../host/read-asides.ts'
import { snapshotFile } from '../host/read-snapshots.ts'
import type { StepContext } from './step.ts'
import { stopServer } from './stop-server.ts'

type Context = StepContext<'k3s.restore'>

const DB = below(K3S_SERVER, 'db')

/** The file that k3s keeps its objects in on SQLite. */
export const STATE_DB = below(DB, 'state.db')

/** Where the copy waits until k3s has been stopped. */
export const stagingOf = ({ params }: Context): AbsolutePath => below(K3S_SERVER, `db.restoring-${String(params.incarnation)}`)

/** True while k3s has not written to what was put in its place. */
export const isUntouched = async (host: HostReader): Promise<boolean> => (await host.stat(below(DB, 'state.db-wal'))) === null

/** True where the snapshot lies in its place, untouched by k3s, and the state before is aside. */
const isPlaced = async (host: HostReader, { params }: Context): Promise<boolean> =>
  (await host.stat(dataAside(params.incarnation))) !== null && (await isUntouched(host)) && (await host.sha256(STATE_DB)) === params.sha256

/** The copy is made before k3s is stopped, so that a full disk costs nobody anything. */
const place = async (host: HostWriter, context: Context): Promise<void> => {
  const { params } = context
  const [staging, aside] = [stagingOf(context), dataAside(params.incarnation)]
  const copy = below(staging, 'state.db')
  context.say('copying the snapshot')
  await host.makeFolder(staging, 0o700)
  await host.copy(snapshotFile({ name: params.snapshot, datastore: 'sqlite' }), copy)
  if ((await host.sha256(copy)) !== params.sha256) throw new DroverError('snapshot.damaged', `${copy} is not what was read`)
  context.say('stopping k3s')
  await stopServer(host)
  if ((await host.stat(aside)) !== null) await host.removeTree(DB)
  else if ((await host.stat(DB)) !== null) await host.rename(DB, aside)
  await host.rename(staging, DB)
}

/** Puts the snapshot in the place of `state.db`, alone; the state before is set aside whole. */
export const putSqliteBack = async (host: HostWriter, context: Context): Promise<void> => {
  if (await isPlaced(host, context)) await stopServer(host)
  else await place(host, context)
  await host.removeTree(stagingOf(context))
}
