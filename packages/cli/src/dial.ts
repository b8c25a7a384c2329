import { connect } from 'node:net'
import type { Probed } from '@drover/protocol'

/** How a port answered, and after how many microseconds. */
export type Dialled = Pick<Probed['results'][number], 'outcome' | 'connectUs'>

const LONGEST_MS = 3_000
const WORDS: Readonly<Record<string, Dialled['outcome']>> = { ECONNREFUSED: 'refused', ECONNRESET: 'refused', ETIMEDOUT: 'timeout' }

/** Opens one new connection and closes it at once, after 3 s at the latest; a port where nothing listens was reached too. */
export const dial = (ip: string, port: number): Promise<Dialled> =>
  new Promise((resolve) => {
    const began = performance.now()
    const socket = connect({ host: ip, port })
    const answered = (outcome: Dialled['outcome']): void => {
      socket.destroy()
      const isThere = outcome === 'open' || outcome === 'refused'
      resolve({ outcome, connectUs: isThere ? Math.round((performance.now() - began) * 1000) : null })
    }
    socket.setTimeout(LONGEST_MS, () => answered('timeout'))
    socket.once('connect', () => answered('open'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => answered(WORDS[code ?? ''] ?? 'unreachable'))
  })
