import { connect } from 'node:net'
import type { ForAgent, FromAgent } from '@drover/protocol'

type Target = ForAgent<'probe'>['targets'][number]
type Result = FromAgent<'probed'>['results'][number]
type Outcome = Result['outcome']
/** One try: how it ended, and after how many microseconds. */
type Try = { readonly outcome: Outcome; readonly us: number }

/** Limits: ms that one try may take, and how many targets are dialled at a time. */
export const PROBE_LIMITS = { tryMs: 2_000, atOnce: 32 } as const

const RANKS: Readonly<Record<Outcome, number>> = { open: 0, refused: 1, unreachable: 2, timeout: 3 }

const outcomeOf = (code: string | undefined): Outcome => {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused'
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable'
}

/** Dials once; the time is that until the answer, a reset too. */
const dial = ({ ip, port }: Target, from: string | null): Promise<Try> =>
  new Promise((resolve) => {
    const began = performance.now()
    const socket = connect({ host: ip, port, ...(from === null ? {} : { localAddress: from }) })
    const end = (outcome: Outcome): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ outcome, us: Math.round((performance.now() - began) * 1000) })
    }
    const timer = setTimeout(() => end('timeout'), PROBE_LIMITS.tryMs)
    socket.once('connect', () => end('open'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(outcomeOf(error.code)))
  })

const hasAnswered = ({ outcome }: Try): boolean => outcome === 'open' || outcome === 'refused'

const probeOne = async (target: Target, { from, tries }: ForAgent<'probe'>): Promise<Result> => {
  const done: Try[] = []
  for (let left = tries; left > 0; left -= 1) done.push(await dial(target, from))
  const [best] = done.toSorted((a, b) => RANKS[a.outcome] - RANKS[b.outcome])
  const times = done.filter(hasAnswered).map(({ us }) => us)
  return { ...target, outcome: best?.outcome ?? 'timeout', connectUs: times.length === 0 ? null : Math.min(...times) }
}

/** Connects anew to each target, so many times one after the other, some targets at a time; sends nothing over the connections. */
export const probe = async (wish: ForAgent<'probe'>): Promise<FromAgent<'probed'>> => {
  const results: Result[] = []
  const waiting = [...wish.targets.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, target] = next
      results[index] = await probeOne(target, wish)
    }
  }
  await Promise.all(Array.from({ length: PROBE_LIMITS.atOnce }, worker))
  return { id: wish.id, results }
}
