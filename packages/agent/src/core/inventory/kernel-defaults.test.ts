import { expect, it } from 'vitest'
import { KERNEL_DEFAULTS, sysctlPath } from './kernel-defaults.ts'

it('names the file of each sysctl', () => {
  expect(Object.keys(KERNEL_DEFAULTS).map(sysctlPath)).toContain('/proc/sys/kernel/keys/root_maxkeys')
})
