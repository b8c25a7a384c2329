import { describe, expect, it } from 'vitest'
import { sysctlEntries, sysctlsBefore, SysctlsSchema, sysctlsToPutBack, sysctlsUnlike, SysctlValuesSchema } from './kubelet-sysctls.ts'

const fresh = { now: { 'kernel.panic': 1, 'kernel.panic_on_oops': 0 }, kept: {}, before: {}, later: {} } as const

describe('kernel values', () => {
  it('are those of the table and whole numbers', () => {
    expect(SysctlValuesSchema.safeParse({ 'kernel.panic': -1 }).success).toBe(true)
    for (const wrong of [{ 'kernel.core_pattern': 1 }, { 'kernel.panic': '10' }, { 'kernel.panic': 2 ** 31 }, { 'kernel.panic': 0.5 }]) {
      expect(SysctlValuesSchema.safeParse(wrong).success).toBe(false)
    }
    expect(SysctlsSchema.safeParse({ ...fresh, later: { 'kernel.panic': { file: '/etc/sysctl.d/99-mine.conf', value: '60' } } }).success).toBe(true)
  })

  it('come in one order, whatever the order of the record', () => {
    expect(sysctlEntries({ 'kernel.panic': 10, 'vm.panic_on_oom': 0 })).toEqual([['vm.panic_on_oom', 0], ['kernel.panic', 10]])
  })

  it('differ where the host has another value or none', () => {
    expect(sysctlsUnlike({ 'vm.panic_on_oom': 0, 'kernel.panic': 10, 'kernel.panic_on_oops': 0 }, fresh.now)).toEqual(['vm.panic_on_oom', 'kernel.panic'])
  })
})

describe('what was there before', () => {
  it('is noted once, before the first change of each', () => {
    const before = sysctlsBefore(fresh, { 'kernel.panic': 10 })
    expect(before).toEqual({ 'kernel.panic': 1 })
    const set = { now: { 'kernel.panic': 10, 'kernel.panic_on_oops': 0 }, kept: { 'kernel.panic': 10 }, before, later: {} }
    expect(sysctlsBefore(set, { 'kernel.panic': 20, 'kernel.panic_on_oops': 1, 'vm.panic_on_oom': 0 })).toEqual({ 'kernel.panic': 1, 'kernel.panic_on_oops': 0 })
  })

  it('is put back where the value is still that of the file', () => {
    const before = { 'kernel.panic': 1, 'kernel.panic_on_oops': 0 }
    const kept = { 'kernel.panic': 10, 'kernel.panic_on_oops': 1 }
    expect(sysctlsToPutBack({ now: { 'kernel.panic': 60, 'kernel.panic_on_oops': 1 }, kept, before, later: {} })).toEqual({ 'kernel.panic_on_oops': 0 })
    expect(sysctlsToPutBack(fresh)).toEqual({})
  })
})
