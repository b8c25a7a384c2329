import { expect, test } from 'vitest'
import { droppingLine, dropsAll, foreignChains, ufwIsOn } from './who-is-in-charge.ts'

const listed = (...objects: readonly unknown[]): string => JSON.stringify({ nftables: objects })
const chain = (family: string, table: string, more: Readonly<Record<string, unknown>>): unknown => ({ chain: { family, table, name: 'in', policy: 'accept', ...more } })

test('base chains of others at input and prerouting are seen, Drover’s own and the rest are not', () => {
  const text = listed(
    chain('ip', 'filter', { hook: 'input', policy: 'drop' }),
    chain('inet', 'drover', { hook: 'prerouting' }),
    chain('ip', 'filter', { hook: 'forward', policy: 'drop' }),
    chain('bridge', 'filter', { hook: 'input' }),
    chain('inet', 'mine', {}),
  )
  expect(foreignChains(text)).toEqual([{ family: 'ip', table: 'filter', name: 'in', policy: 'drop' }])
  expect(foreignChains('no json')).toEqual([])
})

test.each([
  [[{ counter: { packets: 1 } }, { drop: null }], true],
  [[{ reject: { type: 'icmpx' } }], true],
  [[{ match: {} }, { drop: null }], false],
  [[{ xt: null }, { drop: null }], false],
  [[{ accept: null }], false],
])('%j drops all: %s', (expr, wanted) => {
  expect(dropsAll(listed({ rule: { expr } }))).toBe(wanted)
})

test.each([
  [':INPUT DROP [0:0]', true],
  ['-A INPUT -j REJECT --reject-with icmp-host-prohibited', true],
  ['-A INPUT -s 10.0.0.0/8 -j DROP', false],
  ['-A KUBE-FIREWALL -j DROP', false],
  [':FORWARD DROP [0:0]', false],
])('%s stands in the way: %s', (line, wanted) => {
  expect(droppingLine(`*filter\n${line}\nCOMMIT\n`)).toBe(wanted ? line : null)
})

test('ufw is on by its own word alone', () => {
  expect([ufwIsOn('# x\nENABLED=yes\nLOGLEVEL=low'), ufwIsOn('ENABLED=no'), ufwIsOn('#ENABLED=yes'), ufwIsOn('')]).toEqual([true, false, false, false])
})
