import { describe, expect, it } from 'vitest'
import { holds, overlaps, parseAddress, parseCidr } from './cidr.ts'

describe('addresses', () => {
  it.each([
    ['10.0.0.1', 0x0a00_0001n],
    ['255.255.255.255', 0xffff_ffffn],
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['2001:db8::a:b', 0x2001_0db8_0000_0000_0000_0000_000a_000bn],
    ['::ffff:10.0.0.1', 0xffff_0a00_0001n],
    ['1:2:3:4:5:6:7:8', 0x0001_0002_0003_0004_0005_0006_0007_0008n],
  ])('%s', (text, value) => expect(parseAddress(text)?.value).toBe(value))

  it.each(['', '10.0.0', '10.0.0.256', '010.0.0.1', '1.2.3.4.5', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', '1:2:3', '1:2:3:4:5:6:7::8:9', 'g::', '::10.0.0.300'])(
    '%s is none',
    (text) => expect(parseAddress(text)).toBeNull(),
  )
})

describe('networks', () => {
  it.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', 'fd00::/129', '10.0.0.0/8/8', 'eth0', 'x/8'])('%s is none', (text) => {
    expect(parseCidr(text)).toBeNull()
  })

  it('keeps host bits beside the base', () => expect(parseCidr('10.0.0.7/24')).toMatchObject({ base: 0x0a00_0000n, address: 0x0a00_0007n }))

  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', '10.0.0.1', false],
    ['10.0.0.0/8', 'eth0', false],
  ])('%s holds %s: %s', (text, ip, expected) => {
    const cidr = parseCidr(text)
    expect(cidr === null ? null : holds(cidr, ip)).toBe(expected)
  })

  it.each([
    ['10.42.0.0/16', '10.42.3.0/24', true],
    ['10.42.3.0/24', '10.42.0.0/16', true],
    ['10.42.0.0/16', '10.43.0.0/16', false],
    ['10.42.0.0/16', 'fd00::/8', false],
    ['10.42.0.0/16', 'eth0', false],
    ['eth0', '10.42.0.0/16', false],
  ])('%s overlaps %s: %s', (a, b, expected) => expect(overlaps(a, b)).toBe(expected))
})
