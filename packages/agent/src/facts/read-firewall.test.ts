import { EXAMPLE_RULESET } from '@drover/protocol'
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
  await nftables.stage(hostOf(root), { ruleset: EXAMPLE_RULESET, windowMs: 5_000 })
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

const broken = (root: string): HostReader => {
  const host = hostOf(root)
  return { ...host, read: async (tool, args) => (tool === 'nft' && args.includes('table') ? { ...(await host.read(tool, args)), code: 1, stdout: '', stderr: 'netlink: Error: cannot allocate' } : host.read(tool, args)) }
}

test('what cannot be read is told as that, not as no firewall', async () => {
  const root = fresh()
  const read = (host: HostReader) => createReadFirewall({ host, repairs: () => 2, monotonic: () => 0 })()
  expect(await read(broken(root))).toMatchObject({ active: null, unread: { why: expect.stringContaining('cannot allocate') as string, traces: false }, repairs: 2 })
  await nftables.commit(hostOf(root), EXAMPLE_RULESET)
  expect(await read(broken(root))).toMatchObject({ active: null, staged: null, unread: { traces: true } })
  expect(await read({ ...hostOf(root), hasTool: async (tool) => tool !== 'nft' })).toMatchObject({ backend: null, unread: { why: 'nft is not installed any more', traces: true } })
  expect(await read(hostOf(root))).toMatchObject({ active: { rules: expect.any(String) as string }, unread: null })
})

test('what is in force is told even where nobody can say who else is in charge', async () => {
  const root = fresh()
  await nftables.commit(hostOf(root), EXAMPLE_RULESET)
  const host: HostReader = { ...hostOf(root), unit: () => Promise.reject(new Error('no bus')) }
  expect(await createReadFirewall({ host, repairs: () => 0, monotonic: () => 0 })()).toMatchObject({ active: { rules: expect.any(String) as string }, inCharge: null, unread: null })
})

test('tells the SSH sessions that are open; the ports of sshd are asked for now and then', async () => {
  const root = fresh()
  let now = 0
  const asked: (readonly string[])[] = []
  const host: HostReader = { ...hostOf(root), read: async (tool, args) => (tool === 'ss' && asked.push(args), hostOf(root).read(tool, args)) }
  const read = createReadFirewall({ host, repairs: () => 0, monotonic: () => now })
  changeWorld(root, (world) => void (world.sockets = { '-tlnpH': 'LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n', '-tnH': '0 0 10.0.0.11:2222 203.0.113.9:50000\n' }))
  expect((await read()).ssh).toEqual([{ local: '10.0.0.11', port: 2222, peer: '203.0.113.9' }])
  changeWorld(root, (world) => void (world.sockets['-tnH'] = ''))
  now = 299_999
  expect((await read()).ssh).toEqual([])
  expect(asked).toEqual([['-tlnpH'], ...Array.from({ length: 2 }, () => ['-tnH', 'state', 'established', '(', 'sport', '=', ':22', 'or', 'sport', '=', ':2222', ')'])])
  now = 300_000
  await read()
  expect(asked.filter(([first]) => first === '-tlnpH')).toHaveLength(2)
})

test('a host that cannot tell its sessions tells the rest', async () => {
  const host = hostOf(fresh())
  const mute: HostReader = { ...host, read: async (tool, args) => (tool === 'ss' ? Promise.reject(new Error('no ss')) : host.read(tool, args)) }
  expect(await createReadFirewall({ host: mute, repairs: () => 0, monotonic: () => 0 })()).toMatchObject({ backend: 'nftables', unread: null, ssh: [] })
})
