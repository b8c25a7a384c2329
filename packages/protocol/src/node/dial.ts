import { connect } from 'node:net'
import type { Probed } from '../messages/probe.ts'

/** How a port answered, and after how many microseconds; null where it did not. */
export type Dialled = Pick<Probed['results'][number], 'outcome' | 'connectUs'>
/** Opens one new TCP connection and closes it at once. */
export type Dial = (to: { readonly ip: string; readonly port: number }) => Promise<Dialled>

/** From which address to dial (null: any), and for how many ms at most. */
export type DialOptions = { readonly from: string | null; readonly withinMs: number }

const BY_CODE: Readonly<Record<string, Dialled['outcome']>> = { ECONNREFUSED: 'refused', ECONNRESET: 'refused', ETIMEDOUT: 'timeout' }

/** Makes what dials as a witness does: a port where nothing listens was reached too, so its reset counts, and its time. */
export const makeDial = ({ from, withinMs }: DialOptions): Dial => ({ ip, port }) =>
  new Promise((resolve) => {
    const began = performance.now()
    const socket = connect({ host: ip, port, ...(from === null ? {} : { localAddress: from }) })
    const end = (outcome: Dialled['outcome']): void => {
      clearTimeout(timer)
      socket.destroy()
      const isAnswer = outcome === 'open' || outcome === 'refused'
      resolve({ outcome, connectUs: isAnswer ? Math.round((performance.now() - began) * 1000) : null })
    }
    const timer = setTimeout(() => end('timeout'), withinMs)
    socket.once('connect', () => end('open'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(BY_CODE[code ?? ''] ?? 'unreachable'))
  })

/** Dials from any address, 3 s at most. */
export const dial: Dial = makeDial({ from: null, withinMs: 3_000 })
