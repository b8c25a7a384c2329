import type { FromAgent, SectionName } from '@drover/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InventoryLine } from '../inventory/inventory-line.ts'
import { type InventoryReporter, startInventoryReporter } from './inventory-reporter.ts'

const all = ['hardware', 'network', 'state'] as const
const line = (names: readonly SectionName[]): InventoryLine =>
  ({ sections: Object.fromEntries((names.length > 0 ? names : all).map((name) => [name, { of: name }])), failed: {} }) as unknown as InventoryLine

describe('startInventoryReporter', () => {
  let asked: { sections: readonly SectionName[]; fresh: boolean }[]
  let answer: (names: readonly SectionName[]) => Promise<InventoryLine>
  let sent: FromAgent<'inventory'>[]
  let isOpen: boolean
  let errors: string[]
  let reporter: InventoryReporter
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

  beforeEach(async () => {
    vi.useFakeTimers()
    ;[asked, sent, errors, isOpen] = [[], [], [], true]
    answer = async (names) => line(names)
    reporter = startInventoryReporter({
      collect: (sections, fresh) => {
        asked.push({ sections, fresh })
        return answer(sections)
      },
      send: async (message) => {
        if (!isOpen) throw new Error('no session')
        sent.push(message)
      },
      monotonic: () => performance.now(),
      onError: (error) => errors.push(error instanceof Error ? error.message : String(error)),
    })
    await pass(0)
  })
  afterEach(() => {
    reporter.stop()
    vi.useRealTimers()
  })

  it('reads and sends all of it at the start and every ten minutes', async () => {
    expect(asked).toEqual([{ sections: [], fresh: false }])
    expect(sent).toEqual([{ ageMs: { hardware: 0, network: 0, state: 0 }, sections: line([]).sections }])
    await pass(600_000)
    expect(asked.length).toBe(2)
  })

  it('answers whoever asks, however often, on top of what it tells by itself', async () => {
    for (let turn = 0; turn < 60; turn += 1) {
      reporter.collect(['network'])
      await pass(0)
    }
    const told = sent.length
    expect(told).toBeLessThan(30)
    for (let turn = 1; turn <= 60; turn += 1) {
      reporter.collect([], true)
      await pass(0)
      expect(sent.length).toBe(told + turn)
    }
  })

  it('says how old a reading is by when it began', async () => {
    answer = async (names) => {
      await new Promise((resolve) => void setTimeout(resolve, 700))
      return line(names)
    }
    reporter.collect(['state'])
    await pass(700)
    expect(sent.at(-1)?.ageMs).toEqual({ state: 700 })
  })

  it('reads what is asked for, all wishes of one moment in one child, and sends only that', async () => {
    const gate = Promise.withResolvers<void>()
    answer = async (names) => {
      await gate.promise
      return line(names)
    }
    reporter.collect(['state'])
    reporter.collect(['network'])
    reporter.collect(['state'])
    gate.resolve()
    await pass(0)
    expect(asked.slice(1)).toEqual([
      { sections: ['state'], fresh: false },
      { sections: ['network', 'state'], fresh: false },
    ])
    expect(Object.keys(sent.at(-1)?.sections ?? {}).toSorted()).toEqual(['network', 'state'])
  })

  it('measures anew where a person asked', async () => {
    reporter.collect([], true)
    await pass(0)
    expect(asked.at(-1)).toEqual({ sections: [], fresh: true })
  })

  it('tells the age of what it knows when a session opens', async () => {
    await pass(20_000)
    reporter.resend()
    await pass(0)
    expect(sent.at(-1)?.ageMs).toEqual({ hardware: 20_000, network: 20_000, state: 20_000 })
  })

  it('is no faster than the coordinator takes it, and loses nothing', async () => {
    for (let round = 0; round < 30; round += 1) {
      reporter.collect(['network'])
      await pass(1_000)
    }
    expect(sent.length).toBeLessThanOrEqual(24)
    const before = sent.length
    await pass(15_000)
    expect(sent.length).toBe(before + 1)
    expect(sent.at(-1)?.ageMs['network']).toBeGreaterThan(0)
  })

  it('keeps what could not be sent for the next session', async () => {
    isOpen = false
    reporter.collect(['state'])
    await pass(0)
    isOpen = true
    reporter.resend()
    await pass(30_000)
    expect(Object.keys(sent.at(-1)?.sections ?? {}).toSorted()).toEqual([...all])
  })

  it('says what could not be read, keeps the rest, and goes on after a child that failed', async () => {
    answer = async () => ({ sections: line(['network']).sections, failed: { hardware: 'no answer' } })
    reporter.collect([])
    await pass(0)
    answer = () => Promise.reject(new Error('the child is gone'))
    reporter.collect([])
    await pass(0)
    expect(errors).toEqual(['inventory: hardware: no answer', 'the child is gone'])
    answer = async (names) => line(names)
    reporter.collect(['state'])
    await pass(30_000)
    expect(Object.keys(sent.at(-1)?.sections ?? {})).toContain('state')
  })

  it('reads what was asked for during a reading that failed, and what failed again by itself, more rarely each time', async () => {
    const gate = Promise.withResolvers<InventoryLine>()
    answer = () => gate.promise
    reporter.collect([], true)
    reporter.collect(['state'])
    gate.reject(new Error('systemd does not answer'))
    answer = async (names) => (names.includes('state') ? line(names) : Promise.reject(new Error('still not')))
    await pass(0)
    expect(asked.slice(1)).toEqual([{ sections: [], fresh: true }, { sections: ['state'], fresh: false }])
    const before = asked.length
    await pass(70_000)
    expect(asked.slice(before)).toEqual([1, 2, 3, 4].map(() => ({ sections: [], fresh: true })))
    answer = async (names) => ({ ...line(['network']), failed: names.length === 0 ? { hardware: 'no answer' } : {} })
    await pass(100_000)
    expect(asked.slice(-2)).toEqual([{ sections: [], fresh: true }, { sections: ['hardware'], fresh: true }])
  })

  it('goes on after a child that never ended', async () => {
    answer = () => new Promise(() => undefined)
    reporter.collect([])
    await pass(120_000)
    expect(errors).toEqual([expect.stringContaining('took longer than 120 s')])
    answer = async (names) => line(names)
    reporter.collect(['state'])
    await pass(0)
    expect(asked.at(-1)).toEqual({ sections: ['state'], fresh: false })
    expect(sent.at(-1)?.ageMs).toEqual({ state: 0 })
  })
})
