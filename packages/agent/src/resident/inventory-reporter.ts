import { createTokenBucket, type FromAgent, type Inventory, type SectionName, type TokenBucket } from '@drover/protocol'
import type { InventoryLine } from '../inventory/inventory-line.ts'
import { within } from './within.ts'

/** What reporting the inventory needs. */
export type InventoryReporterOptions = {
  /** Has a short-lived child read these sections (none named: all); `fresh`: measure anew what is kept for a day. */
  readonly collect: (sections: readonly SectionName[], fresh: boolean) => Promise<InventoryLine>
  /** Resolves when written; rejects where there is no session. */
  readonly send: (message: FromAgent<'inventory'>) => Promise<void>
  readonly monotonic: () => number
  readonly onError: (error: unknown) => void
  readonly everyMs?: number
}

/** Reads and sends the inventory for as long as it is not stopped; one child at a time. */
export type InventoryReporter = {
  /** Reads these sections soon (none named: all). */
  readonly collect: (sections: readonly SectionName[], fresh?: boolean) => void
  /** Sends all that is known, with its age: when a session opened. */
  readonly resend: () => void
  readonly stop: () => void
}

/** Ten minutes: an inventory older than 15 minutes is not planned on. */
const EVERY_MS = 600_000
/** The child has a limit of its own, well below this one. */
const COLLECT_MS = 120_000
/** What could not be read is read again after 5 s, then after twice as long each time, at most as rarely as all of it. */
const AGAIN_MS = 5_000
/** The coordinator takes one inventory in 10 s and thirty at once, and each that it asks for on top. */
const PACE = { perSecond: 0.08, burst: 20 } as const

type Known = { readonly section: unknown; readonly at: number }
type Wish = { readonly sections: ReadonlySet<SectionName>; readonly all: boolean; readonly fresh: boolean }
type State = {
  readonly known: Map<SectionName, Known>
  readonly unsent: Set<SectionName>
  wish: Wish | null
  busy: boolean
  stopped: boolean
  timer: NodeJS.Timeout | undefined
  sending: NodeJS.Timeout | undefined
  /** Readings that failed in a row, and the next try. */
  failures: number
  missing: Wish | null
  again: NodeJS.Timeout | undefined
  readonly bucket: TokenBucket
}

/** Starts with a whole reading and repeats it every ten minutes. */
export const startInventoryReporter = (options: InventoryReporterOptions): InventoryReporter => {
  const state: State = { known: new Map(), unsent: new Set(), wish: null, busy: false, stopped: false, timer: undefined, sending: undefined, failures: 0, missing: null, again: undefined, bucket: createTokenBucket(PACE) }
  const sender = createSender(options, state)
  const want = (sections: readonly SectionName[], fresh = false): void => {
    if (fresh) state.bucket.give(options.monotonic())
    state.wish = both(state.wish, { sections: new Set(sections), all: sections.length === 0, fresh })
    void run(options, state, sender)
  }
  state.timer = setInterval(() => want([]), options.everyMs ?? EVERY_MS)
  want([])
  return {
    collect: want,
    resend: () => {
      for (const name of state.known.keys()) state.unsent.add(name)
      sender()
    },
    stop: () => {
      state.stopped = true
      clearInterval(state.timer)
      clearTimeout(state.sending)
      clearTimeout(state.again)
    },
  }
}

const both = (one: Wish | null, other: Wish): Wish =>
  one === null ? other : { sections: new Set([...one.sections, ...other.sections]), all: one.all || other.all, fresh: one.fresh || other.fresh }

const run = async (options: InventoryReporterOptions, state: State, sender: () => void): Promise<void> => {
  if (state.busy) return
  state.busy = true
  for (let wish = takeWish(state); wish !== null && !state.stopped; wish = takeWish(state)) {
    const missing = await readOnce(options, state, { wish, sender })
    state.failures = missing === null ? 0 : state.failures + 1
    if (missing !== null) readAgain(options, state, { wish: missing, sender })
  }
  state.busy = false
}

type Reading = { readonly wish: Wish; readonly sender: () => void }

/** Reads what is wished for; what of it could not be read, or null. */
const readOnce = async (options: InventoryReporterOptions, state: State, { wish, sender }: Reading): Promise<Wish | null> => {
  const startedAt = options.monotonic()
  try {
    const line = await within('reading the inventory', COLLECT_MS, () => options.collect(wish.all ? [] : [...wish.sections], wish.fresh))
    keep(options, state, { line, startedAt })
    sender()
    const failed = new Set(Object.keys(line.failed) as SectionName[])
    return failed.size === 0 ? null : { sections: failed, all: false, fresh: wish.fresh }
  } catch (error) {
    options.onError(error)
    return wish
  }
}

/** Wishes for it again after a while: whoever waits for it need not ask again, and nothing is planned on what is old. */
const readAgain = (options: InventoryReporterOptions, state: State, { wish, sender }: Reading): void => {
  state.missing = both(state.missing, wish)
  clearTimeout(state.again)
  if (state.stopped) return
  const afterMs = Math.min(options.everyMs ?? EVERY_MS, AGAIN_MS * 2 ** (state.failures - 1))
  state.again = setTimeout(() => {
    if (state.missing !== null) state.wish = both(state.wish, state.missing)
    state.missing = null
    void run(options, state, sender)
  }, afterMs)
}

const takeWish = (state: State): Wish | null => {
  const { wish } = state
  state.wish = null
  return wish
}

/** What was read is as old as the moment at which its reading began. */
const keep = (options: InventoryReporterOptions, state: State, { line, startedAt }: { readonly line: InventoryLine; readonly startedAt: number }): void => {
  for (const [name, section] of Object.entries(line.sections) as [SectionName, unknown][]) {
    if (section === undefined) continue
    state.known.set(name, { section, at: startedAt })
    state.unsent.add(name)
  }
  const failed = Object.entries(line.failed).map(([name, reason]) => `${name}: ${reason}`)
  if (failed.length > 0) options.onError(new Error(`inventory: ${failed.join('; ')}`))
}

/** Sends what is unsent, no faster than the coordinator takes it. What cannot be sent stays for the next session. */
const createSender = (options: InventoryReporterOptions, state: State): (() => void) => {
  const send = (): void => {
    clearTimeout(state.sending)
    if (state.stopped || state.unsent.size === 0) return
    if (!state.bucket.take(options.monotonic())) {
      state.sending = setTimeout(send, 2_500)
      return
    }
    const names = [...state.unsent]
    state.unsent.clear()
    options.send(messageOf(options, state, names)).catch(() => {
      for (const name of names) state.unsent.add(name)
    })
  }
  return send
}

const messageOf = (options: InventoryReporterOptions, state: State, names: readonly SectionName[]): FromAgent<'inventory'> => {
  const now = options.monotonic()
  const ages: Record<string, number> = {}
  const sections: Record<string, unknown> = {}
  for (const name of names) {
    const known = state.known.get(name)
    if (known === undefined) continue
    ages[name] = Math.max(0, Math.round(now - known.at))
    sections[name] = known.section
  }
  return { ageMs: ages, sections: sections as Inventory }
}
