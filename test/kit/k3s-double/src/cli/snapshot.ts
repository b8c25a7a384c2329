import { SNAPSHOT_FLAGS } from '../config/flags.ts'
import { readOptions } from '../config/options.ts'
import { messageOf, send } from '../agent/client.ts'
import { parseToken } from '../config/token.ts'
import { readText } from '../files.ts'
import { Fatal, makeLog } from '../log.ts'
import { DATA_DIR, makePaths } from '../paths.ts'
import type { Started } from './run-node.ts'

/** `k3s etcd-snapshot …`: asks the running server, which has no etcd, so every form fails as on a SQLite server. */
export async function runSnapshot(started: Started): Promise<number> {
  const log = makeLog(started.write)
  const [, ...rest] = started.given
  const paths = makePaths(started.env['K3S_DOUBLE_ROOT'] ?? '', DATA_DIR)
  readOptions({ command: 'etcd-snapshot', flags: SNAPSHOT_FLAGS, given: rest.filter((word) => word.startsWith('-')), env: {}, configFile: paths.config }, log)
  const token = readText(paths.token)
  if (token === undefined) throw new Fatal(`Error: open ${paths.token}: no such file or directory`)
  const secret = parseToken(token.trim()).secret
  const answer = await send({ url: 'https://127.0.0.1:6443', basic: `server:${secret}` }, { method: 'POST', path: '/db/snapshot', body: '{}' }).catch(
    (error: unknown) => {
      throw new Fatal(`Error: ${error instanceof Error ? error.message : String(error)}`)
    },
  )
  throw new Fatal(`Error: see server log for details: ${messageOf(answer)}`)
}
