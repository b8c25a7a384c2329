import { describe, expect, it } from 'vitest'
import { laterFiles, laterValues } from './later-values.ts'

describe('files that are read after ours', () => {
  it('sort behind it by name, whatever folder they are in; one hides those of its name further down', () => {
    const names = [['10-early.conf', '90-drover.conf', '99-sysctl.conf', '95-notes.txt'], ['95-run.conf'], [], ['90-drover.conf', '91-vendor.conf', '99-sysctl.conf', '50-default.conf'], ['91-vendor.conf']]
    expect(laterFiles(names)).toEqual(['/usr/lib/sysctl.d/91-vendor.conf', '/run/sysctl.d/95-run.conf', '/etc/sysctl.d/99-sysctl.conf', '/etc/sysctl.conf'])
  })

  it('may be none but /etc/sysctl.conf', () => expect(laterFiles([])).toEqual(['/etc/sysctl.conf']))
})

describe('values that they set', () => {
  it('are those of ours that the last of them names', () => {
    const files = [
      { file: '/etc/sysctl.d/91-a.conf', text: 'kernel.panic = 60\nnet.ipv4.ip_forward = 1\nvm.panic_on_oom = 1\n' },
      { file: '/etc/sysctl.conf', text: 'kernel/panic=0\n' },
    ]
    expect(laterValues(files)).toEqual({ 'vm.panic_on_oom': { file: '/etc/sysctl.d/91-a.conf', value: '1' }, 'kernel.panic': { file: '/etc/sysctl.conf', value: '0' } })
    expect(laterValues([])).toEqual({})
  })
})
