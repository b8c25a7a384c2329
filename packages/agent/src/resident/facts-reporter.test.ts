import { BARE_TOLD, type HostFactsMessage, type NodesMessage } from '@drover/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HostReading } from '../facts/read-facts.ts'
import { type FactsReporter, startFactsReporter } from './facts-reporter.ts'

const none: HostReading & { readonly cluster: null } = { facts: BARE_TOLD, cluster: null }
const ready = { ...none, cluster: { ready: true, nodes: null } }
const showing = (...names: string[]): HostReading => ({ ...none, cluster: { ready: true, nodes: names.map((name) => ({ name, ready: true, cordoned: false, version: '', ip: '' })) } })

describe('startFactsReporter', () => {
  let facts: HostReading
  let hangs: boolean
  let parts: NodesMessage[]
  let cut: number
  let isOpen: boolean
  let reads: number
  let anew: boolean[]
  let over: number
  let sent: HostFactsMessage[]
  let errors: unknown[]
  let reporter: FactsReporter
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

  beforeEach(async () => {
    vi.useFakeTimers()
    anew = []
    ;[over, facts, isOpen, reads, sent, errors, parts, cut, hangs] = [0, none, true, 0, [], [], [], Infinity, false]
    reporter = startFactsReporter({
      read: async (isAnew) => {
        reads += 1
        anew.push(isAnew)
        return hangs ? new Promise(() => undefined) : facts
      },
      send: async (message) => {
        if (!isOpen) throw new Error('no session')
        sent.push(message)
      },
      sendNodes: async (message) => {
        if (parts.length >= cut) throw new Error('no session')
        parts.push(message)
      },
      monotonic: () => performance.now(),
      onError: (error) => errors.push(error),
      onRead: () => {
        over += 1
      },
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

  it('says when a reading is over, also where nothing could be sent', async () => {
    expect(over).toBe(1)
    isOpen = false
    facts = ready
    await pass(15_000)
    expect([over, errors.length]).toEqual([2, 1])
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

  it('reads all anew at the start and when something ended, not at each look', async () => {
    reporter.observe({ everyMs: 250, forMs: 60_000 })
    await pass(500)
    expect(anew).toEqual([true, false, false, false])
    reporter.now()
    await pass(0)
    expect(anew.slice(4)).toEqual([true])
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

  it('goes on after a reading that never ended', async () => {
    hangs = true
    await pass(15_000)
    hangs = false
    facts = ready
    await pass(20_000)
    expect(errors.map(String)).toEqual([expect.stringContaining('took longer than 20 s')])
    await pass(15_000)
    expect([reads, sent.at(-1)]).toEqual([3, { ageMs: 0, ...ready }])
  })

  it('sends nodes before the facts that name them, and again only where they changed, where asked and every 30 s', async () => {
    facts = showing('one', 'two')
    reporter.observe({ everyMs: 1_000, forMs: 600_000 })
    await pass(0)
    expect(parts).toEqual([{ reading: 1, part: 0, parts: 1, nodes: facts.cluster?.nodes }])
    expect(sent.at(-1)?.cluster).toEqual({ ready: true, nodes: 1 })
    await pass(29_000)
    expect([parts.length, sent.length]).toEqual([1, 31])
    facts = showing('one')
    await pass(1_000)
    expect(parts.slice(1)).toEqual([{ reading: 2, part: 0, parts: 1, nodes: facts.cluster?.nodes }])
    expect(sent.at(-1)?.cluster).toEqual({ ready: true, nodes: 2 })
    reporter.now()
    await pass(0)
    expect(parts.slice(2)).toEqual([{ ...parts[1] }])
    await pass(30_000)
    expect(parts.length).toBe(4)
  })

  it('names no reading whose parts it could not send, and sends all of them the next time', async () => {
    facts = showing(...Array.from({ length: 600 }, (_, index) => `${String(index)}-${'x'.repeat(150)}`))
    cut = 1
    await pass(15_000)
    expect([parts.length, sent.length, errors.length]).toEqual([1, 1, 1])
    cut = Infinity
    await pass(15_000)
    const { length } = parts.slice(1)
    expect(length).toBeGreaterThan(2)
    expect(parts.slice(1).map(({ reading, part, parts: all }) => [reading, part, all])).toEqual(Array.from({ length }, (_, part) => [1, part, length]))
    expect(sent.at(-1)?.cluster).toEqual({ ready: true, nodes: 1 })
  })

  it('says once that there are more nodes than can be told, and goes on with the rest', async () => {
    facts = showing(...Array.from({ length: 20_000 }, (_, index) => `${String(index)}-${'x'.repeat(150)}`))
    await pass(60_000)
    expect(parts).toEqual([])
    expect(errors.map(String)).toEqual([expect.stringContaining('20000 nodes')])
    expect(sent.at(-1)?.cluster).toEqual({ ready: true, nodes: null })
  })

  it('reads nothing after it was stopped', async () => {
    reporter.stop()
    reporter.now()
    await pass(60_000)
    expect(reads).toBe(1)
  })
})
