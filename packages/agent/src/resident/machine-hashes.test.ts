import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { machineHashes } from './machine-hashes.ts'

describe('machineHashes', () => {
  let root: string
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
  const link = (name: string, files: Readonly<Record<string, string>>): void => {
    for (const [file, text] of Object.entries({ type: '1', addr_assign_type: '0', ifindex: '2', ...files })) put(`sys/class/net/${name}/${file}`, text)
  }
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'drover-machine-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('is null for what the host does not have', () => {
    expect(machineHashes(root)).toEqual({ machineId: null, productUuid: null, macs: null })
  })

  it('tells machines apart without naming them', () => {
    put('etc/machine-id', 'e33f0c7a8fbb4b0a8d3a4f7f1c0d2e5b')
    put('sys/class/dmi/id/product_uuid', '4C4C4544-0000')
    const one = machineHashes(root)
    expect(one.machineId).toMatch(/^[0-9a-f]{64}$/)
    expect(one.productUuid).not.toBe(one.machineId)
    put('etc/machine-id', 'e33f0c7a8fbb4b0a8d3a4f7f1c0d2e5c')
    put('sys/class/dmi/id/product_uuid', '4c4c4544-0000')
    expect(machineHashes(root)).toEqual({ ...one, machineId: expect.not.stringMatching(one.machineId ?? '') as string })
  })

  it('takes permanent addresses of hardware in any order, also of members of a bond', () => {
    link('eth0', { 'device/vendor': '0x8086', address: '52:54:00:00:00:01' })
    link('eth1', { 'device/vendor': '0x8086', address: '52:54:00:00:00:02' })
    link('br0', { address: '02:00:00:00:00:09', addr_assign_type: '3' })
    const plain = machineHashes(root).macs
    rmSync(join(root, 'sys'), { recursive: true })
    link('a', { 'device/vendor': 'x', address: '52:54:00:00:00:02', addr_assign_type: '3', 'bonding_slave/perm_hwaddr': '52:54:00:00:00:02' })
    link('b', { 'device/vendor': 'x', address: '52:54:00:00:00:02', addr_assign_type: '3', 'bonding_slave/perm_hwaddr': '52:54:00:00:00:01' })
    link('wlan0', { 'device/vendor': 'x', address: '9a:00:00:00:00:01', addr_assign_type: '3' })
    expect(machineHashes(root).macs).toBe(plain)
  })

  it('takes the first Ethernet link of a container', () => {
    link('lo', { type: '772', ifindex: '1', address: '00:00:00:00:00:00' })
    link('cni0', { ifindex: '9', addr_assign_type: '3', address: 'aa:00:00:00:00:01' })
    link('host0', { ifindex: '2', addr_assign_type: '3', address: 'f2:3a:cf:63:6d:f6' })
    const with_ = machineHashes(root).macs
    rmSync(join(root, 'sys/class/net/cni0'), { recursive: true })
    expect(machineHashes(root).macs).toBe(with_)
    expect(with_).not.toBeNull()
  })
})
