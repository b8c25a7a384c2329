import { type Firing, type OrderReport, readFiringId, type Schedule, type Time, unitOf } from '@drover/protocol'
import type { Due } from '../core/schedule/due.ts'
import type { Tried } from '../core/schedule/retry.ts'
import { toPrune } from '../core/schedule/to-prune.ts'
import type { HostWriter } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'
import { readKept } from './read-kept.ts'
import { readFired, writeFired } from './fired-file.ts'
import { createRetries, type Retries } from './retries.ts'
import { readSchedules, SCHEDULES, type ScheduleFile } from './schedule-file.ts'
import { tidyFiring } from './tidy-firing.ts'

/** What firing the host's schedules needs. */
export type SchedulerOptions = {
  readonly host: HostWriter
  /** Has a child say what is due now: time zones are too large for a process that stays. */
  readonly ask: () => Promise<Due>
  /** Hands a firing over to whoever carries orders out; durable when it resolves. */
  readonly fire: (firing: Firing) => Promise<void>
  /** What the journals know of a firing; null where they know nothing. */
  readonly tried: (firing: Firing) => Tried | null
  /** Milliseconds since 1970 by the host's clock. */
  readonly now: () => Time
  readonly onTrouble: (text: string) => void
  /** Longest time in ms between two looks at the clock and the file. */
  readonly lookEveryMs?: number
}

/** Fires what the host's schedules plan, for as long as it is not stopped. */
export type Scheduler = {
  readonly start: () => void
  /** Looks at once after an order has ended; removes what is too old after a good firing, and has a failed one tried again. */
  readonly ended: (report: OrderReport) => void
  readonly stop: () => void
}

const LOOK_MS = 15_000
const AGAIN_MS = 60_000
/** A clock that is set back by more than this is asked anew. */
const BACK_MS = 5_000
/** So long a firing is put off at most while k3s comes up, as after a boot: what is taken before is not consistent. */
const START_MS = 600_000

type State = { timer: NodeJS.Timeout | undefined; stopped: boolean; looking: boolean; owed: boolean; seen: string; nextAt: Time | null; lastNow: Time; startingSince: Time | null; readonly retries: Retries }

/** Builds a scheduler; nothing happens before `start`. Its timer is short, since a wall clock may be set at any time. */
export const createScheduler = (options: SchedulerOptions): Scheduler => {
  const retries = createRetries({ tried: options.tried, fire: options.fire, isPutOff: () => isPutOff(options, state) })
  const state: State = { timer: undefined, stopped: false, looking: false, owed: false, seen: '', nextAt: null, lastNow: 0, startingSince: null, retries }
  const look = (): void => {
    clearTimeout(state.timer)
    state.owed = true
    if (state.looking || state.stopped) return
    state.looking = true
    void run()
  }
  const run = async (): Promise<void> => {
    while (state.owed && !state.stopped) {
      state.owed = false
      await lookAt(options, state).catch((error: unknown) => {
        state.nextAt = options.now() + AGAIN_MS
        options.onTrouble(`the schedules of this host: ${error instanceof Error ? error.message : String(error)}`)
      })
    }
    state.looking = false
    if (!state.stopped) state.timer = setTimeout(look, waitMs(options, state))
  }
  const ended = (report: OrderReport): void => {
    const firing = readFiringId(report.order)
    if (firing?.what === 'sched' && report.state === 'failed') retries.failed()
    look()
    if (report.state === 'done') removeOld(options, firing).catch((error: unknown) => options.onTrouble(`old snapshots were not removed: ${String(error)}`))
  }
  return {
    start: look,
    ended,
    stop: () => {
      state.stopped = true
      clearTimeout(state.timer)
    },
  }
}

const waitMs = ({ now, lookEveryMs = LOOK_MS }: SchedulerOptions, { nextAt }: State): number =>
  nextAt === null ? lookEveryMs : Math.max(0, Math.min(lookEveryMs, nextAt - now()))

const lookAt = async (options: SchedulerOptions, state: State): Promise<void> => {
  await lookOnce(options, state)
  await state.retries.look(options.now(), async () => firedOf(options.host))
}

/** The planned times that the schedules which the host keeps now fired last. */
const firedOf = async (host: HostWriter): Promise<Readonly<Record<string, Time>>> => {
  const [file, fired] = await Promise.all([schedulesOf(host), readFired(host)])
  return Object.fromEntries((file?.schedules ?? []).flatMap(({ name }) => (fired[name] === undefined ? [] : [[name, fired[name]]])))
}

/** Asks the child only where the file or the clock has changed or something is due. */
const lookOnce = async (options: SchedulerOptions, state: State): Promise<void> => {
  const { host } = options
  const stat = await host.stat(SCHEDULES)
  const seen = stat === null ? '' : `${String(stat.modifiedMs)} ${String(stat.bytes)}`
  const now = options.now()
  const isBack = now < state.lastNow - BACK_MS
  const isDue = state.nextAt !== null && now >= state.nextAt
  state.lastNow = now
  if (seen === state.seen && !isBack && !isDue) return
  const file = seen === '' ? null : await schedulesOf(host)
  state.nextAt = file === null ? null : await fireDue(options, state)
  state.seen = seen
}

/** The schedules where they are of the host's own cluster; throws where they cannot be relied on. */
const schedulesOf = async (host: HostWriter): Promise<ScheduleFile | null> => {
  const [file, claim] = await Promise.all([readSchedules(host), readClaim(host)])
  if (file === null || claim === null) return null
  if (file === 'damaged' || claim === 'damaged') throw new Error(`${file === 'damaged' ? 'schedules.json' : 'claim.json'} is damaged`)
  if (file.cluster !== claim.cluster) throw new Error(`they are of cluster ${file.cluster}, the host is of ${claim.cluster}`)
  return file
}

/** The firing is in the journal before it is noted as fired: cut short in between, it is due again, and known there. */
const fireDue = async (options: SchedulerOptions, state: State): Promise<Time | null> => {
  const { fire, pass, nextAt } = await options.ask()
  let fired = { ...(await readFired(options.host)), ...pass }
  if (Object.keys(pass).length > 0) await writeFired(options.host, fired)
  if (fire.length > 0 && (await isPutOff(options, state))) return options.now() + (options.lookEveryMs ?? LOOK_MS)
  for (const { name, at } of fire) {
    await options.fire({ what: 'sched', schedule: name, at })
    fired = { ...fired, [name]: at }
    await writeFired(options.host, fired)
  }
  return nextAt
}

/** True while k3s is to run and does not yet, for some minutes at most; one that failed or was stopped for good is not awaited. */
const isPutOff = async ({ host, now }: SchedulerOptions, state: State): Promise<boolean> => {
  const { active, enabled } = await host.unit(unitOf('server'))
  const isComing = enabled && (active === 'activating' || active === 'inactive')
  state.startingSince = isComing ? (state.startingSince ?? now()) : null
  return state.startingSince !== null && now() - state.startingSince < START_MS
}

/** After a good firing what its schedule made before; after it and after any order what was kept around changes. */
const removeOld = async (options: SchedulerOptions, ended: Firing | null): Promise<void> => {
  if (ended?.what === 'sched') await prune(options, ended)
  const tidy = ended === null || ended.what === 'sched' ? await tidyFiring(options.host, options.now()) : null
  if (tidy !== null) await options.fire(tidy)
}

const prune = async ({ host, fire }: SchedulerOptions, made: Firing): Promise<void> => {
  const file = await schedulesOf(host)
  const schedule: Schedule | undefined = file?.schedules.find(({ name }) => name === made.schedule)
  if (file === null || schedule === undefined) return
  for (const firing of toPrune(await readKept(host), schedule, file.cluster)) await fire(firing)
}
