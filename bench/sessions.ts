import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SESSION_TIMES } from '@drover/protocol'
import { HUB_POLICY } from '../packages/coordinator/src/hub/index.ts'
import { busyOf, end, memoryOf, pidOf } from './process-figures.ts'
import { megabytes, type Row } from './row.ts'
import type { FromHosts, Place, ToHosts } from './sessions/messages.ts'

const HOSTS = 1_000
/** A host is at rest, and heard in rounds, when nothing was sent to it for `HUB_POLICY.times.quiet`. */
const SETTLE_MS = HUB_POLICY.times.quiet + 15_000
const MINUTE_MS = 60_000
const FACTS_EVERY_MS = 30_000

const startPart = (name: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(`sessions/${name}.ts`, import.meta.url)), args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })

/** The next message of a part; rejects where the part ends instead. */
const heard = <T>(part: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    part.once('message', (message) => resolve(message as T))
    part.once('exit', (code) => reject(new Error(`a part of the bench ended with ${String(code)}`)))
  })

/** Percent of one core that a process used in the next minute. */
const shareOfMinute = async (pid: number): Promise<string> => {
  const before = busyOf(pid)
  await wait(MINUTE_MS)
  return `${(((busyOf(pid) - before) / MINUTE_MS) * 100).toFixed(1)} % of a core`
}

/** A whole coordinator with 1,000 hosts over TLS on loopback: time to enrol, memory of a session, processor time at rest. */
export const measureSessions = async (): Promise<readonly Row[]> => {
  const root = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  const coordinator = startPart('coordinator', [root, String(HOSTS)])
  const place = await heard<Place>(coordinator)
  const hosts = startPart('hosts', [String(HOSTS)])
  try {
    await heard<FromHosts>(hosts)
    return await measure({ coordinator: pidOf(coordinator), hosts, place })
  } finally {
    await end(hosts)
    await end(coordinator)
    rmSync(root, { recursive: true, force: true })
  }
}

type Parts = { readonly coordinator: number; readonly hosts: ChildProcess; readonly place: Place }

const measure = async ({ coordinator, hosts, place }: Parts): Promise<readonly Row[]> => {
  const tell = (message: ToHosts): void => void hosts.send(message)
  const before = { busy: busyOf(coordinator), memory: memoryOf(coordinator) }
  const open = heard<FromHosts>(hosts)
  tell({ do: 'enrol', place })
  const opened = await open
  if (opened.is !== 'open') throw new Error('the hosts did not enrol')
  const enrolling = busyOf(coordinator) - before.busy
  await wait(SETTLE_MS)
  const { resident } = memoryOf(coordinator)
  const heartbeats = await shareOfMinute(coordinator)
  tell({ do: 'facts', everyMs: FACTS_EVERY_MS })
  const all = await shareOfMinute(coordinator)
  const each = ((resident - before.memory.resident) * 1000) / HOSTS
  const beat = `${String(SESSION_TIMES.heartbeat / 1000)} s`
  return [
    { name: `${String(HOSTS)} hosts enrolled, coordinator's processor time`, value: `${(opened.ms / 1000).toFixed(1)} s, ${(enrolling / 1000).toFixed(1)} s` },
    { name: 'attempts of theirs that had to be repeated', value: String(opened.lost) },
    { name: `memory of the coordinator with ${String(HOSTS)} sessions, without`, value: `${megabytes(resident)}, ${megabytes(before.memory.resident)}` },
    { name: 'memory of a session', value: `${each.toFixed(0)} kB` },
    { name: `coordinator with ${String(HOSTS)} sessions, heartbeats every ${beat}`, value: heartbeats, limit: '<= 5 %' },
    { name: `the same and facts every ${String(FACTS_EVERY_MS / 1000)} s`, value: all },
  ]
}
