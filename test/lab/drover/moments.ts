import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type JournalRecord, readRecords } from '@drover/agent'
import type { StepKind } from '@drover/protocol'
import * as z from 'zod'
import { groupMembers } from '../control-group.ts'
import type { Host } from '../host.ts'
import { until } from '../until.ts'

/** One order's journal on a host. */
export type JournalOf = { readonly kind: string; readonly attempt: number; readonly at: number; readonly records: readonly JournalRecord[] }

const OrderSchema = z.object({ kind: z.string(), attempt: z.number() })

const readOne = (path: string): JournalOf[] => {
  const { records } = readRecords(readFileSync(path))
  const [received] = records
  if (received?.type === 'FIRED') return [{ kind: received.kind, attempt: Number(/-(\d+)\.jnl$/.exec(path)?.[1]), at: received.at, records }]
  if (received?.type !== 'RECEIVED') return []
  const order = OrderSchema.parse(JSON.parse(Buffer.from(received.order, 'base64url').toString('utf8')))
  return [{ ...order, at: received.at, records }]
}

/** The journals of a host from a time on (ms), in the order of arrival; also while it is off. */
export const journalsOf = (host: Host, since: number): JournalOf[] => {
  const folder = join(host.root, 'var/lib/drover/journal')
  const paths = readdirSync(folder).filter((name) => name.endsWith('.jnl')).map((name) => join(folder, name))
  // one that was last written before is not even read: moments are looked for many times a second
  return paths.filter((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= since).flatMap(readOne).filter(({ at }) => at >= since).toSorted((a, b) => a.at - b.at)
}

/** A moment in the life of an order: the first record of that type is on the disk; awaited for two minutes, with a look every 3 ms, unless something else is given. */
export type Moment = { readonly host: Host; readonly kind: StepKind; readonly type: JournalRecord['type']; readonly since: number; readonly limitMs?: number; readonly everyMs?: number }

/** Waits for a moment, looking every few milliseconds. */
export const moment = ({ host, kind, type, since, limitMs = 120_000, everyMs = 3 }: Moment): Promise<JournalOf> =>
  until(`${type} of ${kind} on ${host.name}`, () => journalsOf(host, since).find((one) => one.kind === kind && one.records.some((record) => record.type === type)) ?? null, { everyMs, limitMs })

/** Which process of an agent: the resident one, or the child that carries out a step. */
export type Victim = 'run' | 'run-step'

const FILES: Readonly<Record<Victim, string>> = { run: '/agent.cjs', 'run-step': '/children.cjs' }

const isVictim = (pid: number, victim: Victim): boolean => {
  const words = argumentsOf(pid)
  return words[0]?.endsWith('/node') === true && words.some((word) => word.endsWith(FILES[victim])) && words.includes(victim)
}

const argumentsOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0')
  } catch {
    return [] // it has ended
  }
}

/** SIGKILL to an agent's process, from this machine, so that no time is lost; gives how many died. */
export const killAgent = (lab: string, host: Host, victim: Victim): number => {
  const pids = groupMembers(lab, host.name).filter((pid) => isVictim(pid, victim))
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  return pids.length
}

/** True while a real k3s server or agent runs on a host. */
export const runsK3s = (lab: string, host: Host): boolean =>
  groupMembers(lab, host.name).map(argumentsOf).some(([program = '', command = '']) => /(?:^|\/)k3s$/.test(program) && ['server', 'agent'].includes(command))
