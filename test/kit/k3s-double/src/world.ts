import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { appendLedger, type LedgerEvent } from '../ledger.ts'
import { writeWhole } from './files.ts'
import type { Log } from './log.ts'
import type { Paths } from './paths.ts'
import type { DiePoint, Settings } from './settings.ts'

/** What every part of a running server or agent is given. */
export type World = {
  readonly version: string
  readonly node: string
  readonly paths: Paths
  readonly settings: Settings
  readonly log: Log
  /** Appends to the ledger, durable on return. */
  readonly note: (event: LedgerEvent) => void
  /** Dies here if the test's settings say so. */
  readonly reached: (point: DiePoint) => void
  /** What is to be ended in order before the process ends. */
  readonly onStop: (end: () => Promise<void>) => void
  /** Aborted when SIGTERM was received. */
  readonly stopping: AbortSignal
}

/** The commit that captures of this release name. */
export const COMMIT = 'af977adfe73957fa0dd678056876b9c18b201eab'

/** `v1.36.2+k3s1 (af977adf)`, as every start and `--version` print it. */
export const longVersion = (version: string): string => `${version} (${COMMIT.slice(0, 8)})`

/** Builds the world of one process. */
export function makeWorld(from: Omit<World, 'note' | 'reached'>): World {
  const note = (event: LedgerEvent): void =>
    appendLedger(from.paths.ledger, { at: new Date().toISOString(), node: from.node, ...event })
  const reached = (point: DiePoint): void => {
    if (from.settings.dieAt !== point) return
    const mark = `${from.paths.marks}/died-${point}`
    if (existsSync(mark) && !from.settings.dieAlways) return
    writeWhole(mark, '')
    note({ event: 'died', point })
    process.kill(process.pid, 'SIGKILL')
  }
  return { ...from, note, reached }
}

/** Waits, and ends early when the process is told to stop. */
export async function pause(world: Pick<World, 'stopping'>, milliseconds: number): Promise<void> {
  await wait(milliseconds, undefined, { signal: world.stopping }).catch(() => undefined)
}
