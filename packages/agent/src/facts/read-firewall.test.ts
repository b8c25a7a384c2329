import { STEPS } from '@drover/protocol'
import { afterEach, expect, test } from 'vitest'
import { dropRoot, hostOf, newRoot } from '../../../../test/contracts/step/step-case.ts'
import { changeWorld } from '../../../../test/kit/fake-host/world.ts'
import { nftables } from '../firewall/backends/nftables.ts'
import type { HostReader } from '../host/host.ts'
import { createReadFirewall } from './read-firewall.ts'

const roots: string[] = []
afterEach(() => roots.splice(0).forEach(dropRoot))
const fresh = (): string => {
  const root = newRoot()
  roots.push(root)
  return root
}
const CLOSED = [{ chain: { family: 'inet', table: 'mine', name: 'in', hook: 'input', policy: 'drop' } }]

test('tells what is in force, and who else is in charge', async () => {
  const root = fresh()
  const read = createReadFirewall({ host: hostOf(root), repairs: () => 3, monotonic: () => 0 })
  await nftables.stage(hostOf(root), { ruleset: STEPS['firewall.stage'].example.ruleset, windowMs: 5_000 })
  expect(await read()).toMatchObject({ active: null, staged: { rules: expect.stringMatching(/^[0-9a-f]{64}$/) as string }, backend: 'nftables', inCharge: null, repairs: 3 })
})

test('asks who else is in charge now and then while nobody is, and often while somebody is', async () => {
  const root = fresh()
  let now = 0
  const read = createReadFirewall({ host: hostOf(root), repairs: () => 0, monotonic: () => now })
  expect((await read()).inCharge).toBeNull()
  changeWorld(root, (world) => void (world.foreignChains = CLOSED))
  now = 299_999
  expect((await read()).inCharge).toBeNull()
  now = 300_000
  expect((await read()).inCharge).toContain('table inet mine')
  changeWorld(root, (world) => void (world.foreignChains = []))
  now = 315_000
  expect((await read()).inCharge).toBeNull()
})

test('a host without nft has no backend', async () => {
  const host: HostReader = { ...hostOf(fresh()), hasTool: async (tool) => tool !== 'nft' }
  expect(await createReadFirewall({ host, repairs: () => 0, monotonic: () => 0 })()).toMatchObject({ active: null, backend: null })
})
