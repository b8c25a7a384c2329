import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atAppend, atCommit, BY_DICE, type Disturbance, tellStory } from './run.ts'
import { makeTemplate } from './site.ts'
import { STORIES } from './stories.ts'

const held = { template: '' }
beforeAll(async () => {
  held.template = await makeTemplate()
})
afterAll(() => rmSync(held.template, { recursive: true, force: true }))

type Ended = { readonly faults: readonly string[]; readonly isSprung: boolean }

const tell = async (name: string, seed: number, disturb: Disturbance): Promise<Ended> => {
  const story = STORIES[name]
  if (story === undefined) throw new Error(`no story ${name}`)
  return tellStory({ template: held.template, story, seed, disturb })
}

/** How a thousand seeds are shared out. */
const SHARES = [['three', 250], ['three-back', 150], ['five-to-three', 50], ['three-to-one', 50], ['one-to-three', 100], ['sqlite-to-three', 150], ['five', 150], ['three-and-one', 50], ['one', 50]] as const
const SHARD = 50

describe('a thousand random schedules', () => {
  const shards = SHARES.flatMap(([name, count]) => Array.from({ length: count / SHARD }, (_, shard): [string, number] => [name, shard * SHARD]))
  it.each(shards)('%s, from seed %i on', async (name, first) => {
    const wrong: string[] = []
    for (let seed = first; seed < first + SHARD; seed += 1) {
      const { faults } = await tell(name, seed, BY_DICE)
      if (faults.length > 0) wrong.push(`node test/kit/sim/main.ts ${name} ${String(seed)}: ${faults.join('; ')}`)
    }
    expect(wrong).toEqual([])
  })
})

/** Kills at each place until there is none left. */
const everywhere = async (name: string, disturb: (left: number) => Disturbance): Promise<{ readonly places: number; readonly wrong: readonly string[] }> => {
  const wrong: string[] = []
  for (let left = 1; ; left += 1) {
    const { faults, isSprung } = await tell(name, 0, disturb(left))
    if (faults.length > 0) wrong.push(`place ${String(left)}: ${faults.join('; ')}`)
    if (!isSprung) return { places: left - 1, wrong }
  }
}

/** With how many records of each host, and how many commits, there are at least: fewer would mean that the trap is not reached. */
describe.each([['one-to-three', 30, 300], ['sqlite-to-three', 30, 300], ['three-back', 10, 50]] as const)('%s, with one agent', (story, records, commits) => {
  const hosts = ['s1', 's2', 's3', 'w1'].flatMap((name) => [[name, 'process'] as const, [name, 'power'] as const])
  it.each(hosts)('%s: the %s goes before and after each record of the journal', async (name, what) => {
    const { places, wrong } = await everywhere(story, (left) => atAppend(name, { left, what }))
    expect(wrong).toEqual([])
    expect(places).toBeGreaterThan(records)
  })

  it('the coordinator is killed before and after each commit', async () => {
    const { places, wrong } = await everywhere(story, atCommit)
    expect(wrong).toEqual([])
    expect(places).toBeGreaterThan(commits)
  })
})
