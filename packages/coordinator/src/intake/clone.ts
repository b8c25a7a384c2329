import { DroverError, type HostId, say, type Time } from '@drover/protocol'
import type { Context } from '../context.ts'
import { resend } from '../loop/dispatch.ts'
import { type HostRow, writeHost } from '../store/hosts.ts'
import { readSetting, writeSetting } from '../store/settings.ts'
import { isCloned } from '../world/world.ts'

/** The last boots that sessions of one key came from, the newest at the end, and when the newest one first took over. */
type Boots = { readonly seen: readonly string[]; readonly at: Time }

const REMEMBERED = 8
/** An agent tries again within a minute; one that has not for two is not there. */
const QUIET_MS = 120_000

const keyOf = (host: HostId): string => `boots/${host}`

/**
 * Takes in which boot a session comes from, before anything is sent to it. A boot that comes back after another boot of the
 * same key was seen means that two machines hold the key. What was seen outlives a start of the coordinator.
 */
export const noteBoot = async (context: Context, host: HostRow, boot: string): Promise<void> => {
  const before = await readSetting<Boots>(context.db, keyOf(host.id))
  const seen = before?.seen ?? []
  if (seen.at(-1) === boot) return
  const boots: Boots = { seen: [...seen.filter((one) => one !== boot), boot].slice(-REMEMBERED), at: context.now() }
  await writeSetting(context.db, keyOf(host.id), boots)
  if (!seen.includes(boot) || isCloned(host)) return
  const row: HostRow = { ...host, findings: [...host.findings, say('host.clone', { host: host.name })] }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  await context.tell({ at: context.now(), host: host.name, said: say('host.clone', { host: host.name }) })
}

/**
 * A person says that the machine that is connected now is the host: it gets its orders from here on. Throws `host.offline`
 * where none is connected and `host.clone` where another one took over within the last two minutes. The boots of the copy
 * stay known: where it comes back nothing is sent to it.
 */
export const endClone = async (context: Context, host: HostRow, by: string): Promise<HostRow> => {
  if (!isCloned(host)) return host
  if (context.hub().session(host.id) === undefined) throw new DroverError('host.offline', `${host.name} is not connected: which machine it is shows when it is`)
  const boots = await readSetting<Boots>(context.db, keyOf(host.id))
  const quiet = boots === null ? QUIET_MS : context.now() - boots.at
  if (quiet < QUIET_MS) throw new DroverError('host.clone', `another machine with the key of ${host.name} was connected ${String(Math.round(quiet / 1000))} s ago`)
  const row: HostRow = { ...host, findings: host.findings.filter(({ code }) => code !== 'host.clone') }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  await context.tell({ at: context.now(), host: host.name, said: say('host.clone.gone', { host: host.name, who: by }) })
  await resend(context, row.id)
  context.wake(null)
  return row
}
