import { readFileSync } from 'node:fs'
import { type Json, digestsOf, type Ruleset, EXAMPLE_RULESET } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { arm, changeMembers, keep, prepare, whole } from './commands.ts'
import { transaction } from './nft.ts'
import { NO_TABLE, stateOf } from './state.ts'
import { parseTable } from './table.ts'

const BASE = EXAMPLE_RULESET
const RULES: Ruleset = {
  ...BASE,
  guarded: ['eth0', 'eth1'],
  nodes: ['10.0.0.77', '10.0.0.11'],
  servers: [],
  admins: ['10.9.0.0/24', '10.9.1.0/24', '10.9.2.0/24', '9.9.9.9/32', 'fd00:1::/64'],
  admit: [
    ...BASE.admit,
    { from: 'anyone', proto: 'tcp', ports: [80, 81, 443, '30000-32767'] },
    { from: 'servers', proto: 'tcp', ports: ['2379-2380'] },
  ],
  overlay: ['10.42.0.0/16', '10.43.0.0/16', 'fd42::/48'],
}
/** What nft 1.0.6 lists after the rules above were loaded: adjacent networks and ports are merged, sets in an order of its own. */
const LISTED = readFileSync(new URL('../../../../../test/fixtures/nft/nft-1.0.6-list-table.json', import.meta.url), 'utf8')

const file = (ruleset: Ruleset): string => transaction(whole(ruleset))
const read = (text: string): ReturnType<typeof stateOf> => stateOf(parseTable(text))

/** The listing with one of its objects changed. */
const changed = (find: RegExp, change: (text: string) => string): string => {
  const { nftables } = JSON.parse(LISTED) as { nftables: Json[] }
  const at = nftables.findIndex((one) => find.test(JSON.stringify(one)))
  expect(at).toBeGreaterThan(0)
  return JSON.stringify({ nftables: nftables.map((one, index) => (index === at ? (JSON.parse(change(JSON.stringify(one))) as Json) : one)) })
}

describe('reading the table back', () => {
  it('gives the digests of the ruleset, from the kernel as from the kept file', () => {
    expect(read(LISTED)).toMatchObject({ active: { digests: digestsOf(RULES) }, staged: null, expired: false })
    expect(read(file(RULES)).active?.digests).toEqual(digestsOf(RULES))
    expect(read(LISTED).active?.ruleset).toEqual(read(file(RULES)).active?.ruleset)
  })

  it.each([
    ['another port', /"range":\[80,81\]/, ['80,81', '80,82']],
    ['another network', /"addr":"10.42.0.0"/, ['10.42.0.0', '10.40.0.0']],
    ['an interface that is not looked at', /"iifname"/, ['eth1', 'eth2']],
    ['another verdict', /"nd-redirect".*accept/, ['"accept"', '"drop"']],
    ['another generation', /"goto"/, ['gen_', 'gen_f']],
    ['another hook', /"hook"/, ['-110', '-90']],
    ['another policy', /"hook"/, ['"policy":"accept"', '"policy":"drop"']],
  ])('knows %s as the work of somebody else', (_what, find, [from = '', to = '']) => {
    const state = read(changed(find, (text) => text.replace(from, to)))
    expect(state.active?.digests).not.toEqual(digestsOf(RULES))
  })

  it('knows members that were added or taken', () => {
    const less = read(changed(/"node4_/, (text) => text.replace('"10.0.0.77",', '').replace(',"10.0.0.77"', '')))
    expect(less.active?.digests).toEqual(digestsOf({ ...RULES, nodes: ['10.0.0.11'] }))
  })

  it('without a table, and with one that is only prepared, nothing is in force', () => {
    expect(read('{"nftables":[]}')).toEqual(NO_TABLE)
    expect(read(transaction(prepare(RULES)))).toMatchObject({ active: null, staged: null, generations: [digestsOf(RULES).rules.slice(0, 12)] })
  })

  it('tells a stage that runs from one whose time is over', () => {
    const staged = [...prepare(RULES), ...arm(digestsOf(RULES).rules, null, 2_500)]
    expect(read(transaction(staged))).toMatchObject({ active: null, staged: { digests: digestsOf(RULES) }, expired: false })
    expect(JSON.stringify(staged)).toContain('"timeout":3')
    expect(read(transaction(staged.slice(0, -1)))).toMatchObject({ active: null, staged: null, expired: true })
  })
})

describe('changing the table', () => {
  it('keeps one generation and deletes what it names of the others', () => {
    const text = JSON.stringify(keep(digestsOf(RULES).rules, ['abcdefabcdef']))
    expect(text).toContain('gen_abcdefabcdef')
    expect(text.match(/"delete"/g)).toHaveLength(5)
  })

  it('changes members by difference only', () => {
    const to = { nodes: ['10.0.0.11', 'fd00::9'], servers: ['10.0.0.11'] }
    const text = JSON.stringify(changeMembers(digestsOf(RULES).rules, RULES, to))
    expect(text).toMatch(/add.*node6_.*fd00::9/)
    expect(text).toMatch(/delete.*node4_\w+","elem":\["10.0.0.77"\]/)
    expect(text).not.toContain('"rule"')
    expect(changeMembers(digestsOf(RULES).rules, to, to)).toEqual([])
  })
})
