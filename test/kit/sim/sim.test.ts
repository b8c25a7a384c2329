import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { afterDeed, atAppend, atCommit, BY_DICE, cutOff, type Disturbance, type Told, tellStory } from './run.ts'
import { makeTemplate } from './site.ts'
import { STORIES } from './stories.ts'

vi.setConfig({ testTimeout: 300_000 }) // a story takes about a second, on a machine that is loaded many

const held = { template: '' }
beforeAll(async () => {
  held.template = await makeTemplate()
})
afterAll(() => rmSync(held.template, { recursive: true, force: true }))

const told = async (name: string, seed: number, disturb?: Disturbance): Promise<Told> => {
  const story = STORIES[name]
  if (story === undefined) throw new Error(`no story ${name}`)
  return tellStory({ template: held.template, story, seed, ...(disturb === undefined ? {} : { disturb }) })
}

/** What a failure shows: the command that tells the very same story again. */
const again = (name: string, seed: number): string => `told again by: node test/kit/sim/main.ts ${name} ${String(seed)}`

it('the same seed tells the same story, and nobody asks anything where nothing is in the way', async () => {
  const [one, two] = [await told('three', 3), await told('three', 3)]
  expect([one.faults, one.asked]).toEqual([[], []])
  expect(one.trace).toEqual(two.trace)
})

describe('whatever happens, it comes to the same cluster', () => {
  const seeds = [...Array.from({ length: 5 }, (_, seed): [string, number] => ['three', seed]), ...[...Array(2).keys()].map((seed): [string, number] => ['one-to-three', seed]), ['sqlite-to-three', 1] as [string, number], ['sqlite-to-three', 2] as [string, number], ['five', 1] as [string, number], ['three', 47] as [string, number], ['three-back', 1] as [string, number], ['three-back', 2] as [string, number], ['one', 1] as [string, number]]
  it.each(seeds)('%s, seed %i', async (name, seed) => {
    const { faults } = await told(name, seed, BY_DICE)
    expect({ faults, again: again(name, seed) }).toEqual({ faults: [], again: again(name, seed) })
  })
})

describe('killed in the middle', () => {
  it.each([['s1', 'process', 33], ['s2', 'process', 25], ['s1', 'power', 30], ['s2', 'power', 24], ['w1', 'power', 26]] as const)('%s: %s at call %i of the journal hook', async (name, what, left) => {
    const { faults, isSprung } = await told('three-and-one', 0, atAppend(name, { left, what }))
    expect([faults, isSprung]).toEqual([[], true])
  })

  it.each(['initialise', 'move', 'add', 'promote'] as const)('the power of a server goes a moment after: %s', async (what) => {
    const { faults } = await told(what === 'initialise' ? 'one-to-three' : 'sqlite-to-three', 0, afterDeed(what, 100))
    expect(faults).toEqual([])
  })

  it.each([30, 121])('the coordinator at call %i of the commit hook', async (left) => {
    const { faults, isSprung } = await told('three-and-one', 0, atCommit(left))
    expect([faults, isSprung]).toEqual([[], true])
  })
})

describe('back to a snapshot', () => {
  it('while those that are to join it anew hear each other but not the coordinator: theirs and the new cluster are never there side by side', async () => {
    const { faults, asked, seconds } = await told('three-back', 0, cutOff(['s1', 's3'], 240_000))
    expect([faults, asked]).toEqual([[], []])
    expect(seconds).toBeGreaterThan(240)
  })
})
