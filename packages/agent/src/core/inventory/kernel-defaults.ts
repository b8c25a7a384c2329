/** The sysctls that the kubelet compares under protect-kernel-defaults, and the values it wants (kubelet, container manager). */
export const KERNEL_DEFAULTS = {
  'vm.overcommit_memory': 1,
  'vm.panic_on_oom': 0,
  'kernel.panic': 10,
  'kernel.panic_on_oops': 1,
  'kernel.keys.root_maxkeys': 1_000_000,
  'kernel.keys.root_maxbytes': 25_000_000,
} as const

/** Where /proc has a sysctl. */
export const sysctlPath = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`
