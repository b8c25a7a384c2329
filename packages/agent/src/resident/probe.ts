import { setTimeout as pause } from 'node:timers/promises'
import type { ForAgent, FromAgent } from '@drover/protocol'
import { type Dialled, makeDial } from '@drover/protocol/node'

type Target = ForAgent<'probe'>['targets'][number]
type Result = FromAgent<'probed'>['results'][number]

/** Limits: ms that one try may take and that lie between two, tries that may get no answer, and how many targets are dialled at a time. */
export const PROBE_LIMITS = { tryMs: 2_000, pauseMs: 50, timeouts: 3, atOnce: 32 } as const

const RANKS: Readonly<Record<Result['outcome'], number>> = { open: 0, refused: 1, unreachable: 2, timeout: 3 }

const probeOne = async (target: Target, { from, tries }: ForAgent<'probe'>): Promise<Result> => {
  const dial = makeDial({ from, withinMs: PROBE_LIMITS.tryMs })
  const done: Dialled[] = []
  while (done.length < tries && done.filter(({ outcome }) => outcome === 'timeout').length < PROBE_LIMITS.timeouts) {
    // A busy host makes single tries slow: some of them, a little apart, meet it when it is not.
    if (done.length > 0) await pause(PROBE_LIMITS.pauseMs)
    done.push(await dial(target))
  }
  const [best] = done.toSorted((a, b) => RANKS[a.outcome] - RANKS[b.outcome])
  const times = done.flatMap(({ connectUs }) => connectUs ?? [])
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
