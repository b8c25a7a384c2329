import { expect, it } from 'vitest'
import type { Options } from '../config/options.ts'
import { defaultDevice } from './addresses.ts'
import { KERNEL_DEFAULTS, kernelFaults, refusedLabels } from './kernel.ts'
import { parseLabels, parseTaints } from './node-object.ts'

const options = (on: boolean): Options => ({ one: () => undefined, all: () => [], on: () => on, shown: [] })

it('names each kernel value that differs, and only with protect-kernel-defaults', () => {
  const right = new Map(KERNEL_DEFAULTS.map(([flag, wanted]) => [`/proc/sys/${flag}`, `${wanted}\n`]))
  const read = (file: string): string | undefined => (file.endsWith('/panic') ? '0\n' : right.get(file))
  expect(kernelFaults(options(true), read)).toEqual(['invalid kernel flag: kernel/panic, expected value: 10, actual value: 0'])
  expect(kernelFaults(options(true), (file) => right.get(file))).toEqual([])
  expect(kernelFaults(options(false), read)).toEqual([])
})

it('lets a node label itself only outside of the reserved names', () => {
  expect(refusedLabels(['a=1', 'example.com/b=1', 'node.kubernetes.io/instance-type=x', 'node.kubernetes.io/any=x', 'kubernetes.io/os=linux'])).toEqual([])
  expect(refusedLabels(['node-role.kubernetes.io/x=1', 'x.k8s.io/y=1'])).toEqual(['node-role.kubernetes.io/x', 'x.k8s.io/y'])
})

it('finds the device of the default route with the lowest metric', () => {
  const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask'
  const row = (device: string, destination: string, metric: number): string => `${device}\t${destination}\t0100000A\t0003\t0\t0\t${metric}\t${destination === '00000000' ? '00000000' : '00FFFFFF'}`
  expect(defaultDevice([head, row('eth1', '00000000', 100), row('eth0', '00000000', 10), row('eth2', '0000000A', 0)].join('\n'))).toBe('eth0')
  expect(defaultDevice(head)).toBeUndefined()
})

it('reads labels and taints as k3s writes them', () => {
  expect(parseLabels(['a=b=c', 'd', ''])).toEqual({ a: 'b=c', d: '' })
  expect(parseTaints(['k=v:NoSchedule', 'k:NoExecute'])).toEqual([
    { key: 'k', value: 'v', effect: 'NoSchedule' },
    { key: 'k', effect: 'NoExecute' },
  ])
})
