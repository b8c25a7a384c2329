import { DroverError, type OrderReport, STEPS } from '@drover/protocol'
import type { VerifyKey } from '@drover/protocol/node'
import { isOpen, keyOf } from './entry-order.ts'
import type { AppendHook, AttemptId } from './journal.ts'
import type { Launcher } from './launch.ts'
import { endReport, type Entry, type OrderBook, readSaid } from './order-book.ts'
import { orderIn } from './order-in.ts'
import { UNDO_TIME } from './run-step.ts'

/** What carrying attempts out needs. */
export type CarryOptions = {
  /** Folder of the journals. */
  readonly dir: string
  readonly launcher: Launcher
  readonly coordinatorKey: () => VerifyKey
  /** Called for each new state of an order; ended states are also in `pending` until they are acknowledged. */
  readonly onReport: (report: OrderReport) => void
  /** Called with a text for the log, such as an order whose signature does not hold. */
  readonly onTrouble: (text: string) => void
  /** Milliseconds between two looks at a running step. */
  readonly lookEveryMs?: number
  /** Lets so many ms go by; by a timer unless given. */
  readonly pause?: (ms: number) => Promise<void>
  /** Called around each record that this process writes; for tests. */
  readonly hook?: AppendHook
}

/** Whoever carries attempts out: how, from which journals, and for how long. */
export type Carrier = {
  readonly options: CarryOptions
  readonly book: OrderBook
  readonly isStopped: () => boolean
}

const MOST_LAUNCHES = 5
/** Starts that systemd refused or did not answer to; about eight minutes with the pauses between them. */
const MOST_STARTS = 20
const LOOK = 250
/** Each so many looks systemd is asked whether the child is still there: to ask starts a program, and its journal tells its end. */
const ASK_EACH = 8
const TRY_AGAIN = { leastMs: 1000, mostMs: 30_000 } as const

/** Says on the host and to the coordinator what is in the way, and waits a while, longer from time to time. */
export const waitAfter = async (of: Carrier, id: AttemptId, { error, failures }: { readonly error: string; readonly failures: number }): Promise<void> => {
  const { onTrouble, onReport } = of.options
  onTrouble(`${keyOf(id)}: ${error}; it is tried again`)
  if (failures === 1) onReport({ ...id, state: 'progress', phase: 'checking', detail: `tried again: ${error}`.slice(0, 2000), elapsedMs: 0 })
  await pause(of, Math.min(TRY_AGAIN.mostMs, TRY_AGAIN.leastMs * 2 ** (failures - 1)))
}

/**
 * Launches an attempt's child until its journal has an end, and reports what it says meanwhile. A child that ended without a
 * result counts as a launch, one that could not be started does not: then nothing was tried on the host.
 */
export const carryOut = async (of: Carrier, id: AttemptId): Promise<void> => {
  let [launches, refused, why] = [0, 0, '']
  while (!of.isStopped()) {
    const entry = of.book.find(id)
    if (entry === null || !isOpen(entry)) return reportEnd(of, id)
    if (launches >= MOST_LAUNCHES) return giveUp(of, id, `the step ended ${String(MOST_LAUNCHES)} times without a result`)
    if (refused >= MOST_STARTS) return giveUp(of, id, `the step could not be started: ${why}`)
    const fault = await startWhereGone(of, entry)
    if (fault === null) {
      await follow(of, id)
      await pause(of, launches * 1000)
      launches += 1
    } else {
      ;[refused, why] = [refused + 1, fault]
      await waitAfter(of, id, { error: fault, failures: refused })
    }
  }
}

/** Starts the child unless it is there; why it could not be started, or null. */
const startWhereGone = async (of: Carrier, entry: Entry): Promise<string | null> => {
  const { launcher } = of.options
  if (await launcher.isRunning(entry.id)) return null
  return launcher.start(entry.id, limitOf(of, entry)).then(() => null, faultText)
}

const faultText = (error: unknown): string => {
  const evidence = error instanceof DroverError ? error.evidence : ''
  return [error instanceof Error ? error.message : String(error), evidence].filter((text) => text !== '').join(': ').slice(0, 1000)
}

const stepTime = (of: Carrier, entry: Entry): number => {
  try {
    return STEPS[orderIn(entry.id, entry.records[0], of.options.coordinatorKey()).kind].timeout
  } catch {
    return 0
  }
}

/** An order that no longer verifies gets a child too: that ends it with the reason. */
const limitOf = (of: Carrier, entry: Entry): number => stepTime(of, entry) + UNDO_TIME + 30_000

const byTimer = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const pause = ({ options: { pause: wait = byTimer, lookEveryMs } }: Carrier, ms: number): Promise<void> => wait(Math.min(ms, lookEveryMs ?? ms))

/** Looks at a running child until it is gone; reports each new thing that it says. */
const follow = async (of: Carrier, id: AttemptId): Promise<void> => {
  const { launcher, onReport, dir } = of.options
  let said = ''
  for (let looks = 1; !of.isStopped(); looks += 1) {
    const report = readSaid(dir, id)
    const text = report === null ? '' : JSON.stringify({ ...report, elapsedMs: 0 })
    if (report !== null && text !== said) onReport(report)
    said = text
    if (of.book.find(id)?.state.at === 'ended') return
    if (looks % ASK_EACH === 0 && !(await launcher.isRunning(id))) return
    await pause(of, of.options.lookEveryMs ?? LOOK)
  }
}

const reportEnd = (of: Carrier, id: AttemptId): void => {
  const entry = of.book.find(id)
  const report = entry === null ? null : endReport(entry)
  if (report !== null) of.options.onReport(report)
}

const giveUp = (of: Carrier, id: AttemptId, message: string): void => {
  const entry = of.book.find(id)
  if (entry === null || !isOpen(entry)) return reportEnd(of, id)
  const begun = entry.records.some((record) => record.type === 'APPLYING')
  const undone = begun ? 'undo-failed' : 'nothing-to-undo'
  of.book.append(id, [{ type: 'FAILED', code: 'step.indeterminate', message, evidence: '', undone, elapsedMs: 0 }])
  reportEnd(of, id)
}
