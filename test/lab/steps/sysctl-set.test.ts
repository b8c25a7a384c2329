import { DROVER, KUBELET_SYSCTLS, sysctlEntries } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, type Lab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { bundleAgent, carryOut, newSite, type OrderHost, prepareHost, putOrder } from './order-site.ts'

/** Other than the kubelet wants, so that there is something to set and to put back; the lab gives the machine its own values back. */
const OTHERS = { 'vm.overcommit_memory': 0, 'vm.panic_on_oom': 0, 'kernel.panic': 7, 'kernel.panic_on_oops': 0 } as const
const NAMES = sysctlEntries(OTHERS).map(([name]) => name)

describe.skipIf(skipOrFail())('kernel values on a real host', () => {
  let lab: Lab
  let one: OrderHost

  const give = async (values: typeof OTHERS): Promise<void> => {
    for (const [name, value] of sysctlEntries(values)) await one.host.must(`echo ${String(value)} >/proc/sys/${name.replaceAll('.', '/')}`)
  }
  const values = async (): Promise<Record<string, number>> => {
    const text = await one.host.must(`cat ${NAMES.map((name) => `/proc/sys/${name.replaceAll('.', '/')}`).join(' ')}`)
    const read = text.trim().split('\n')
    return Object.fromEntries(NAMES.map((name, index) => [name, Number(read[index])]))
  }
  const set = async () => carryOut(one, await putOrder(one, 'sysctl.set', { params: { values: KUBELET_SYSCTLS } }))

  beforeAll(async () => {
    lab = await openLab({ name: `sysctl-${String(process.pid)}`, hosts: [{ name: 'one', node: true }] })
    one = await prepareHost(lab.host('one'), newSite(), await bundleAgent())
    await give(OTHERS)
  })
  afterAll(() => lab.close())

  it('are set, and what was there is noted', async () => {
    expect(await set()).toMatchObject({ type: 'DONE', result: { changed: ['vm.overcommit_memory', 'kernel.panic', 'kernel.panic_on_oops'] } })
    expect(await values()).toEqual(KUBELET_SYSCTLS)
    expect(JSON.parse(await one.host.readFile(DROVER.sysctlBefore))).toEqual(OTHERS)
    expect(await one.host.must(`stat -c '%a %U' ${DROVER.sysctlFile} ${DROVER.sysctlBefore}`)).toBe('644 root\n644 root\n')
    expect(await set()).toMatchObject({ type: 'DONE', result: { changed: [] } })
  })

  it('are there again after a boot, set by systemd', async () => {
    await one.host.powerCut()
    await lab.router.exec(['sh', '-c', 'echo 7 >/proc/sys/kernel/panic']) // the kernel is the machine's: its values outlive the power cut
    await one.host.boot()
    expect(await values()).toEqual(KUBELET_SYSCTLS)
  })

  it('come back with the uninstall, which leaves neither file nor mark', async () => {
    const params = { role: 'server' as const, cluster: 'home' as never, request: 'req-aaaaaaaaaaaaaaaa' as never }
    const removed = ['sysctl vm.overcommit_memory', 'sysctl kernel.panic', 'sysctl kernel.panic_on_oops', DROVER.sysctlFile, DROVER.sysctlBefore]
    expect(await carryOut(one, await putOrder(one, 'k3s.uninstall', { params }))).toMatchObject({ type: 'DONE', result: { removed: expect.arrayContaining(removed) as unknown } })
    expect(await values()).toEqual(OTHERS)
    expect(await one.host.sh(`ls ${DROVER.sysctlFile} ${DROVER.sysctlBefore}`)).toMatchObject({ code: 2 })
  })

  it('come back by the script for people too', async () => {
    expect(await set()).toMatchObject({ type: 'DONE' })
    const { renderUninstall } = await import('../../../packages/agent/src/core/k3s/uninstall-script.ts')
    await one.host.writeFile('/usr/local/bin/k3s-uninstall.sh', renderUninstall('server'), 0o755)
    await one.host.must('k3s-uninstall.sh')
    expect(await values()).toEqual(OTHERS)
    expect(await one.host.sh(`ls ${DROVER.sysctlFile} ${DROVER.sysctlBefore}`)).toMatchObject({ code: 2 })
  })
})
