import type { HostFactsMessage } from '@drover/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FactsReporter, startFactsReporter } from './facts-reporter.ts'

type Facts = Omit<HostFactsMessage, 'ageMs'>
const none: Facts = { facts: { binary: null, images: {}, config: null, claim: null, k3s: null }, cluster: null }
const ready: Facts = { ...none, cluster: { ready: true, nodes: null } }

describe('startFactsReporter', () => {
  let facts: Facts
  let isOpen: boolean
  let reads: number
  let sent: HostFactsMessage[]
  let errors: unknown[]
  let reporter: FactsReporter
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

  beforeEach(async () => {
    vi.useFakeTimers()
    ;[facts, isOpen, reads, sent, errors] = [none, true, 0, [], []]
    reporter = startFactsReporter({
      read: async () => {
        reads += 1
        return facts
      },
      send: async (message) => {
        if (!isOpen) throw new Error('no session')
        sent.push(message)
      },
      monotonic: () => performance.now(),
      onError: (error) => errors.push(error),
    })
    await pass(0)
  })
  afterEach(() => {
    reporter.stop()
    vi.useRealTimers()
  })

  it('sends once at the start, then every 30 s where nothing changes', async () => {
    expect(sent).toEqual([{ ageMs: 0, ...none }])
    await pass(15_000)
    expect([reads, sent.length]).toEqual([2, 1])
    await pass(45_000)
    expect([reads, sent.length]).toEqual([5, 3])
  })

  it('sends a change with the next look', async () => {
    facts = ready
    await pass(15_000)
    expect(sent.at(-1)).toEqual({ ageMs: 0, ...ready })
  })

  it('sends at the pace asked for, and then no longer', async () => {
    reporter.observe({ everyMs: 1_000, forMs: 5_000 })
    await pass(4_500)
    expect(sent.length).toBe(6)
    await pass(11_000)
    expect([reads, sent.length]).toEqual([7, 6])
  })

  it('looks and sends when something ended, though nothing changed', async () => {
    reporter.now()
    await pass(0)
    expect(sent.length).toBe(2)
  })

  it('looks again where it was asked while it looked', async () => {
    reporter.observe({ everyMs: 60_000, forMs: 60_000 })
    reporter.now()
    await pass(1)
    expect(reads).toBe(3)
  })

  it('owes nothing that it could not send, and sends when asked after the session came back', async () => {
    isOpen = false
    await pass(60_000)
    expect([sent.length, errors.length]).toEqual([1, 3])
    isOpen = true
    reporter.now()
    await pass(0)
    expect(sent.length).toBe(2)
  })

  it('reads nothing after it was stopped', async () => {
    reporter.stop()
    reporter.now()
    await pass(60_000)
    expect(reads).toBe(1)
  })
})
