import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DROVER, KUBELET_SYSCTLS, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'

const fresh = createModels()
const order = (place = 0): TypedOrder => orderOf('sysctl.set', place)
const valueOf = (root: string, name: string): string => readFileSync(`${root}/proc/sys/${name}`, 'utf8').trim()
const give = (root: string, name: string, value: number): void => writeFileSync(`${root}/proc/sys/${name}`, `${String(value)}\n`)
const before = (root: string): unknown => JSON.parse(readFileSync(`${root}${DROVER.sysctlBefore}`, 'utf8'))

describe('sysctl.set', () => {
  it('sets what differs, keeps it over a boot, and notes what was there', async () => {
    const root = await fresh('sysctl.set')
    give(root, 'kernel/panic', 60)
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'DONE', result: { changed: ['vm.overcommit_memory', 'kernel.panic', 'kernel.panic_on_oops'] } })
    expect(['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'].map((name) => valueOf(root, name))).toEqual(['1', '0', '10', '1'])
    expect(readFileSync(`${root}${DROVER.sysctlFile}`, 'utf8')).toContain('\nkernel.panic = 10\n')
    expect(before(root)).toEqual({ 'vm.overcommit_memory': 0, 'vm.panic_on_oom': 0, 'kernel.panic': 60, 'kernel.panic_on_oops': 0 })
  })

  it('done again after somebody changed a value, still knows what was there at first', async () => {
    const root = await fresh('sysctl.set')
    give(root, 'kernel/panic', 60)
    await carryOut({ root, order: order() })
    give(root, 'kernel/panic', 5)
    expect(await carryOut({ root, order: order(1) })).toMatchObject({ type: 'DONE', result: { changed: ['kernel.panic'] } })
    expect(before(root)).toMatchObject({ 'kernel.panic': 60 })
  })

  it('changes nothing where the kernel lacks one of them', async () => {
    const root = await fresh('sysctl.set')
    rmSync(`${root}/proc/sys/vm/panic_on_oom`)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'sysctl.refused', message: 'the kernel shows no vm.panic_on_oom' })
    expect(existsSync(`${root}${DROVER.sysctlBefore}`)).toBe(false)
  })

  it('is undone where the kernel does not take a value', async () => {
    const root = await fresh('sysctl.set')
    const host = hostOf(root)
    const refusing = { ...host, setSysctl: (name: keyof typeof KUBELET_SYSCTLS, value: number) => (name === 'kernel.panic_on_oops' ? Promise.resolve() : host.setSysctl(name, value)) }
    const end = await carryOut({ root, order: order(), host: refusing })
    expect(end).toMatchObject({ type: 'FAILED', code: 'sysctl.refused', message: 'after setting them: kernel.panic_on_oops has another value' })
    expect(valueOf(root, 'kernel/panic')).toBe('0')
    expect([DROVER.sysctlFile, DROVER.sysctlBefore].filter((path) => existsSync(`${root}${path}`))).toEqual([])
  })

  it('says which value the kernel does not take', async () => {
    const root = await fresh('sysctl.set')
    const path = `${root}/proc/sys/kernel/panic`
    rmSync(path)
    mkdirSync(path)
    await expect(hostOf(root).setSysctl('kernel.panic', 10)).rejects.toMatchObject({ code: 'sysctl.refused', message: 'the kernel does not take kernel.panic = 10' })
  })
})

describe('the uninstall of k3s', () => {
  it('puts back what was there, but no value that somebody has set since', async () => {
    const root = await fresh('k3s.uninstall')
    give(root, 'kernel/panic', 60)
    expect(await carryOut({ root, order: orderOf('k3s.uninstall') })).toMatchObject({ type: 'DONE' })
    expect(['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'].map((name) => valueOf(root, name))).toEqual(['0', '60', '0'])
    expect([DROVER.sysctlFile, DROVER.sysctlBefore].filter((path) => existsSync(`${root}${path}`))).toEqual([])
  })

  it('does so too where nothing but the values was set', async () => {
    const root = await fresh('sysctl.set')
    await carryOut({ root, order: order() })
    const end = await carryOut({ root, order: orderOf('k3s.uninstall') })
    expect(end).toMatchObject({ type: 'DONE', result: { removed: expect.arrayContaining(['sysctl kernel.panic', DROVER.sysctlFile, DROVER.sysctlBefore]) as unknown } })
    expect(valueOf(root, 'kernel/panic')).toBe('0')
  })
})
