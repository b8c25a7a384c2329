import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { admits } from './admits.ts'
import { canonicalRuleset, membersDigest, type Ruleset, RulesetSchema, rulesDigest } from './ruleset.ts'

const RULES: Ruleset = {
  guarded: ['eth1', 'eth0'],
  nodes: ['10.0.0.12', '10.0.0.11', 'FD00:0::1'],
  servers: ['10.0.0.11'],
  admins: ['10.9.1.77/24', '10.9.0.0/24', '192.0.2.7/32'],
  admit: [
    { from: 'nodes', proto: 'tcp', ports: [10_250, 6443, '6440-6443'] },
    { from: 'admins', proto: 'tcp', ports: [22] },
    { from: 'anyone', proto: 'tcp', ports: [443, 80, 81] },
    { from: 'nodes', proto: 'tcp', ports: [10_251] },
  ],
  overlay: ['10.43.0.0/16', '10.42.0.0/16'],
}

test('the same rules are the same digest, however they are written', () => {
  const other: Ruleset = { ...canonicalRuleset(RULES), nodes: [], guarded: ['eth0', 'eth1', 'eth0'] }
  expect(rulesDigest(other)).toBe(rulesDigest(RULES))
  expect(canonicalRuleset(RULES)).toEqual({
    guarded: ['eth0', 'eth1'],
    nodes: ['10.0.0.11', '10.0.0.12', 'fd00::1'],
    servers: ['10.0.0.11'],
    admins: ['10.9.0.0/23', '192.0.2.7/32'],
    admit: [
      { from: 'anyone', proto: 'tcp', ports: ['80-81', 443] },
      { from: 'admins', proto: 'tcp', ports: [22] },
      { from: 'nodes', proto: 'tcp', ports: ['6440-6443', '10250-10251'] },
    ],
    overlay: ['10.42.0.0/15'],
  })
})

test('members have a digest of their own', () => {
  expect(rulesDigest(canonicalRuleset({ ...RULES, nodes: [] }))).toBe(rulesDigest(RULES))
  expect(membersDigest({ ...RULES, nodes: ['10.0.0.11'] })).not.toBe(membersDigest(RULES))
  expect(membersDigest({ nodes: [...RULES.nodes].toReversed(), servers: RULES.servers })).toBe(membersDigest(RULES))
  expect(membersDigest({ nodes: [], servers: [] })).toBe(createHash('sha256').update('{"nodes":[],"servers":[]}').digest('hex'))
})

test('what nobody could be let in by is no rule', () => {
  const without: Ruleset = { ...RULES, admins: [] }
  expect(canonicalRuleset(without).admit.map(({ from }) => from)).toEqual(['anyone', 'nodes'])
})

test.each(['22-21', '0-5', '1-70000', 'a-b', '5'])('%s is no range of ports', (ports) => {
  expect(RulesetSchema.safeParse({ ...RULES, admit: [{ from: 'anyone', proto: 'tcp', ports: [ports] }] }).success).toBe(false)
})

test('admits says on paper what the rules let in', () => {
  const may = (from: string, port: number, proto: 'tcp' | 'udp' = 'tcp'): boolean => admits(RULES, { from, proto, port })
  expect([may('10.9.1.3', 22), may('10.9.2.3', 22), may('198.51.100.9', 81), may('198.51.100.9', 82)]).toEqual([true, false, true, false])
  expect([may('10.0.0.12', 6441), may('10.0.0.13', 6441), may('fd00::1', 10_250), may('10.0.0.12', 6441, 'udp')]).toEqual([true, false, true, false])
})
