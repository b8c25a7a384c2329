import type { Options } from '../config/options.ts'
import { readText } from '../files.ts'

const ALLOWED = new Set([
  'beta.kubernetes.io/arch', 'beta.kubernetes.io/instance-type', 'beta.kubernetes.io/os', 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone', 'kubernetes.io/arch', 'kubernetes.io/hostname', 'kubernetes.io/os',
  'node.kubernetes.io/instance-type', 'topology.kubernetes.io/region', 'topology.kubernetes.io/zone',
])

/** Labels of `node-label` that kubelet may not give its own Node. */
export function refusedLabels(given: readonly string[]): string[] {
  return given
    .map((pair) => pair.split('=')[0] ?? '')
    .filter((name) => {
      const domain = name.includes('/') ? (name.split('/')[0] ?? '') : ''
      const reserved = /(^|\.)(kubernetes|k8s)\.io$/.test(domain)
      return reserved && !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(domain) && !ALLOWED.has(name)
    })
}

/** The values that `protect-kernel-defaults` asks for. */
export const KERNEL_DEFAULTS: readonly (readonly [flag: string, wanted: string])[] = [
  ['vm/overcommit_memory', '1'],
  ['vm/panic_on_oom', '0'],
  ['kernel/panic', '10'],
  ['kernel/panic_on_oops', '1'],
]

/** What kubelet refuses to start over: one text for each kernel value that differs; empty without `protect-kernel-defaults`. */
export function kernelFaults(options: Options, read: (file: string) => string | undefined = readText): string[] {
  if (!options.on('protect-kernel-defaults')) return []
  return KERNEL_DEFAULTS.flatMap(([flag, wanted]) => {
    const actual = (read(`/proc/sys/${flag}`) ?? '').trim()
    return actual === wanted ? [] : [`invalid kernel flag: ${flag}, expected value: ${wanted}, actual value: ${actual}`]
  })
}
