import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dieAndGoOn, liveInPeace, makeTemplate } from '@drover/test/kit/coordinator/crash-lane.ts'

const SAMPLE = 6
const LEDGER = [
  ...['binary.install', 'k3s.config', 'k3s.start', 'kubeconfig.read', 'k3s.uninstall'].map((kind) => `node-1 ${kind}`),
  ...['binary.install', 'k3s.config', 'k3s.start', 'k3s.uninstall'].map((kind) => `node-2 ${kind}`),
]
const world = {} as { template: string; moments: number; ledger: string[] }

beforeAll(async () => {
  world.template = await makeTemplate()
  Object.assign(world, await liveInPeace(world.template))
})
afterAll(() => rmSync(world.template, { recursive: true, force: true }))

describe('a coordinator that is killed before and after a commit', () => {
  it('begins each step once where nothing kills it', () => {
    expect(world.ledger).toEqual(LEDGER)
  })

  it.each(Array.from({ length: SAMPLE }, (_, index) => index))('goes on, and the hosts have begun nothing twice: sample %i', async (index) => {
    // Odd moments are before a commit, even ones after it; the sample has both, spread over the whole life.
    const moment = Math.min(world.moments, Math.round(((index + 0.5) * world.moments) / SAMPLE / 2) * 2 + (index % 2))
    const { signal, ledger } = await dieAndGoOn(world.template, moment)
    expect([signal, ledger]).toEqual(['SIGKILL', LEDGER])
  })
})
