import type { Client } from './client.ts'
import type { Dial } from '@drover/protocol/node'
import type { Profile } from './profile.ts'

/** What commands talk through; tests give their own. */
export type Io = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly isTerminal: boolean
  /** Columns of the terminal as it is now, 0 where there is none. */
  readonly columns: number
  /** Its rows. */
  readonly rows: number
  readonly now: () => number
  readonly profile: () => Profile
  readonly client: () => Client
  /** Asks a question on the terminal; null where there is none or it was broken off. */
  readonly ask: (question: string) => Promise<string | null>
  readonly readInput: () => Promise<string>
  /** Opens a new connection from here. */
  readonly dial: Dial
  readonly sleep: (ms: number) => Promise<void>
}
