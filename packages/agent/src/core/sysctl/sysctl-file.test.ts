import { KUBELET_SYSCTLS } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { parseSysctlFile, renderSysctlFile } from './sysctl-file.ts'

describe('a file of sysctl.d', () => {
  it('of ours says what it is and is read back as it was meant', () => {
    const text = renderSysctlFile(KUBELET_SYSCTLS)
    expect(text.startsWith('# Written by Drover')).toBe(true)
    expect(Object.fromEntries(parseSysctlFile(text))).toEqual({ 'vm.overcommit_memory': '1', 'vm.panic_on_oom': '0', 'kernel.panic': '10', 'kernel.panic_on_oops': '1' })
  })

  it('of somebody may use slashes, a minus, comments and spaces; the last line of a name counts', () => {
    const text = ['# kernel.panic = 1', '; kernel.panic = 2', 'kernel.panic=3', ' -kernel/panic =  60 ', 'vm.overcommit_memory', '= 5', '-net.*.x', 'net/ipv4/conf/eth0.1/rp_filter = 0'].join('\n')
    expect(Object.fromEntries(parseSysctlFile(text))).toEqual({ 'kernel.panic': '60', 'net.ipv4.conf.eth0/1.rp_filter': '0' })
  })
})
