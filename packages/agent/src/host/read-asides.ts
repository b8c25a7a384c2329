import type { Aside } from '../core/snapshots/to-tidy.ts'
import type { HostReader } from './host.ts'
import { AT } from './k3s-marks.ts'
import { type AbsolutePath, below } from './path.ts'

/** The folder of k3s's server, in which restores set data aside. */
export const K3S_SERVER = below(AT.data, 'server')
const FILES = [['state.db'], ['state.db-wal'], ['state.db-shm'], ['etcd', 'member', 'snap', 'db']] as const
const WAL = ['etcd', 'member', 'wal'] as const

/** Where the data lies that the restore to this incarnation set aside. */
export const dataAside = (incarnation: number): AbsolutePath => below(K3S_SERVER, `db.before-${String(incarnation)}`)

/** The files that k3s writes to, of whichever datastore. */
const filesOf = async (host: HostReader, folder: AbsolutePath): Promise<readonly AbsolutePath[]> => {
  const wal = (await host.list(below(folder, ...WAL))) ?? []
  return [...FILES.map((names) => below(folder, ...names)), ...wal.map((name) => below(folder, ...WAL, name))]
}

const readAside = async (host: HostReader, incarnation: number): Promise<Aside & { readonly bytes: number }> => {
  const folder = dataAside(incarnation)
  const paths = await filesOf(host, folder)
  const stats = await Promise.all([...paths, folder].map((path) => host.stat(path)))
  const files = stats.slice(0, paths.length).flatMap((stat) => stat ?? [])
  const known = files.length > 0 ? files : stats.flatMap((stat) => stat ?? [])
  return { name: `db.before-${String(incarnation)}`, at: Math.max(0, ...known.map(({ modifiedMs }) => modifiedMs)), bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/**
 * The data that restores of lives up to `incarnation` set aside, with the time at which k3s last wrote to it: a rename leaves
 * no time of its own. One of a later life is a restore that goes on.
 */
export const readAsides = async (host: HostReader, incarnation: number): Promise<readonly (Aside & { readonly bytes: number })[]> => {
  const lives = ((await host.list(K3S_SERVER)) ?? []).flatMap((name) => /^db\.before-([1-9]\d{0,8})$/.exec(name)?.[1] ?? []).map(Number)
  return Promise.all(lives.filter((life) => life <= incarnation).map((life) => readAside(host, life)))
}
