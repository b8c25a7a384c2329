import { COUNT_OBJECTS } from '../core/snapshots/meta.ts'
import type { HostReader } from '../host/host.ts'
import { AT } from '../host/k3s-marks.ts'
import { absolutePath, below } from '../host/path.ts'
import { askLoopback } from './ask-loopback.ts'
import type { Taker } from './taker.ts'

const STATE_DB = below(AT.data, 'server', 'db', 'state.db')

const sizeOf = async (host: HostReader, path: string): Promise<number> => (await host.stat(absolutePath(path)))?.bytes ?? 0

const isApiReady = async (host: HostReader): Promise<boolean> => {
  const answer = await askLoopback(host, '/readyz')
  return answer?.status === 200 && answer.body.trim() === 'ok'
}

/** Copies k3s's SQLite file by SQLite's backup API; consistent where the API answers. */
export const takeSqlite: Taker = {
  lacks: async (host) => ((await host.stat(STATE_DB)) === null ? `there is no ${STATE_DB}` : null),
  // The database and what waits in its WAL.
  bytes: async (host) => (await sizeOf(host, STATE_DB)) + (await sizeOf(host, `${STATE_DB}-wal`)),
  copy: async (host, to) => {
    const objects = await host.copyDatabase({ from: STATE_DB, to, count: COUNT_OBJECTS })
    return { objects, grade: (await isApiReady(host)) ? 'consistent' : 'degraded' }
  },
}
