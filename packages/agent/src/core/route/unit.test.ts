import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { unitIsOurs } from '../k3s/unit.ts'
import { readRouteUnit, renderRouteUnit } from './unit.ts'

const wish = { services: '10.43.0.0/16', iface: 'eth0' }
const text = renderRouteUnit(wish)

/** What the condition's awk program answers to a table, as systemd would run it. */
const condition = (table: string): number | null => {
  const program = /^ExecCondition=awk '(.*)' \/proc\/net\/route$/m.exec(text)?.[1] ?? 'none'
  return spawnSync('awk', [program.replaceAll('$$', '$')], { input: `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n${table}` }).status
}

describe('the unit of the made routes', () => {
  it('is known as ours and says what it was written for', () => {
    expect(unitIsOurs(text)).toBe(true)
    expect(readRouteUnit(text)).toEqual(wish)
    expect(readRouteUnit(text.replace('# Written by Drover', '# By hand'))).toBeNull()
    expect(readRouteUnit('')).toBeNull()
  })

  it('comes before k3s, and asks no shell', () => {
    expect(text).toContain('\nBefore=k3s.service k3s-agent.service\n')
    const programs = text.split('\n').flatMap((line) => /^Exec\w+=-?(\S+)/.exec(line)?.[1] ?? [])
    expect(new Set(programs)).toEqual(new Set(['awk', 'ip']))
  })

  it.each([
    ['no default route', 'eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n', 0],
    ['our own', 'drover-route\t00000000\tFF7100CB\t0003\t0\t0\t2031130\t00000000\n', 0],
    ['half of all addresses, as a tunnel may have', 'wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\n', 0],
    ['one of the host', 'eth0\t00000000\t0100000A\t0003\t0\t0\t1024\t00000000\n', 1],
    ['one that refuses', '*\t00000000\t00000000\t0001\t0\t0\t0\t00000000\n', 1],
  ])('with %s its condition answers so', (_name, table, code) => expect(condition(table)).toBe(code))
})
