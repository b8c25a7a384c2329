import { KUBELET_SYSCTLS } from '@drover/protocol'

/** The sysctls that the kubelet compares under protect-kernel-defaults, and the values it wants (kubelet, container manager). */
export const KERNEL_DEFAULTS = {
  ...KUBELET_SYSCTLS,
  'kernel.keys.root_maxkeys': 1_000_000,
  'kernel.keys.root_maxbytes': 25_000_000,
} as const

/** Where /proc has a sysctl. */
export const sysctlPath = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`
