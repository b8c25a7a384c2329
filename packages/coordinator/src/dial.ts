import { connect } from 'node:net'
import type { FromAgent } from '@drover/protocol'

/** How a port answered, and after how many microseconds. */
export type Dialled = Pick<FromAgent<'probed'>['results'][number], 'outcome' | 'connectUs'>
/** Opens one new connection to a port and closes it at once. */
export type Dial = (to: { readonly ip: string; readonly port: number }) => Promise<Dialled>

const TIMEOUT_MS = 3_000

/** Dials once, 3 s at most. A port where nothing listens was reached too. */
export const dial: Dial = ({ ip, port }) =>
  new Promise((resolve) => {
    const began = performance.now()
    const socket = connect({ host: ip, port })
    const end = (outcome: Dialled['outcome']): void => {
      socket.destroy()
      const isAnswer = outcome === 'open' || outcome === 'refused'
      resolve({ outcome, connectUs: isAnswer ? Math.round((performance.now() - began) * 1000) : null })
    }
    socket.setTimeout(TIMEOUT_MS, () => end('timeout'))
    socket.once('connect', () => end('open'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? 'refused' : error.code === 'ETIMEDOUT' ? 'timeout' : 'unreachable'))
  })
