import { expect, it } from 'vitest'
import { K3S_MODULES, kernelModules } from './kernel-modules.ts'

const builtin = 'kernel/fs/overlayfs/overlay.ko\nkernel/net/netfilter/nf_conntrack.ko\n'
const available = 'kernel/net/bridge/br-netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\nkernel/drivers/net/vxlan/vxlan.ko.zst:\nkernel/x/not_dummy.ko:\n'

it('tells loaded, built in, available and missing apart', () => {
  const sources = { loaded: 'ip_tables 32768 1 iptable_nat, Live 0x0\niptable_nat 16384 0 - Live 0x0\n', builtin, available, signs: new Set<string>() }
  expect(kernelModules(sources)).toEqual({
    overlay: 'builtin',
    br_netfilter: 'available',
    nf_conntrack: 'builtin',
    vxlan: 'available',
    ip_tables: 'loaded',
    iptable_nat: 'loaded',
    dummy: 'missing',
  })
})

it('calls nothing missing where the kernel shows no list of modules, and believes what it sees', () => {
  const signs = new Set([K3S_MODULES['overlay'] ?? ''])
  expect(kernelModules({ loaded: null, builtin: null, available: null, signs })).toEqual({ overlay: 'builtin' })
})
