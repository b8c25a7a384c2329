import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createListener, type Listener } from './listener.ts'
import { createRounds } from './rounds.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Made = { readonly heard: string[]; readonly speaker: { isQuiet: boolean }; readonly listen: (name: string) => Listener }

const make = (): Made => {
  const rounds = createRounds(1_000)
  const heard: string[] = []
  const speaker = { isQuiet: true }
  const listen = (name: string): Listener =>
    createListener({
      rounds,
      monotonic: () => performance.now(),
      isQuiet: () => speaker.isQuiet,
      hear: (frame, at) => void heard.push(`${name} ${frame.toString()} waited ${String(performance.now() - at)}`),
    })
  return { heard, speaker, listen }
}

test('frames of quiet hosts are heard together, in the round that the first of them began', () => {
  const { heard, listen } = make()
  const [one, two] = [listen('one'), listen('two')]
  one.add(Buffer.from('1'))
  vi.advanceTimersByTime(900)
  two.add(Buffer.from('1'))
  one.add(Buffer.from('2'))
  expect(heard).toEqual([])
  vi.advanceTimersByTime(100)
  expect(heard).toEqual(['one 1 waited 1000', 'one 2 waited 100', 'two 1 waited 100'])
  two.add(Buffer.from('2'))
  vi.advanceTimersByTime(1_000)
  expect(heard.slice(3)).toEqual(['two 2 waited 1000'])
})

test('a frame of a host that was just spoken to is heard at once, after those that waited', () => {
  const { heard, speaker, listen } = make()
  const one = listen('one')
  one.add(Buffer.from('1'))
  speaker.isQuiet = false
  one.add(Buffer.from('2'))
  expect(heard).toEqual(['one 1 waited 0', 'one 2 waited 0'])
  vi.advanceTimersByTime(5_000)
  expect(heard).toHaveLength(2)
})

test('a host that says much is not made to wait, so what waits is bounded', () => {
  const { heard, listen } = make()
  const one = listen('one')
  for (let frame = 1; frame <= 8; frame += 1) one.add(Buffer.from(String(frame)))
  expect(heard).toHaveLength(8)
})

test('what waits when a session ends is heard then', () => {
  const { heard, listen } = make()
  const one = listen('one')
  one.add(Buffer.from('1'))
  one.hearAll()
  expect(heard).toEqual(['one 1 waited 0'])
})
