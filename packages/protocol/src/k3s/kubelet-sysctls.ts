import * as z from 'zod'

/** The kernel values without which the kubelet ends under protect-kernel-defaults, of those that are not the kernel's own defaults (k3s hardening guide). */
export const KUBELET_SYSCTLS = {
  'vm.overcommit_memory': 1,
  'vm.panic_on_oom': 0,
  'kernel.panic': 10,
  'kernel.panic_on_oops': 1,
} as const

/** A kernel value that Drover may set. */
export type SysctlName = keyof typeof KUBELET_SYSCTLS
/** The names of {@link KUBELET_SYSCTLS}. */
export const SYSCTL_NAMES = Object.keys(KUBELET_SYSCTLS) as [SysctlName, ...SysctlName[]]

const NameSchema = z.enum(SYSCTL_NAMES)

/** Kernel values by name, some or all of those that Drover may set. */
export const SysctlValuesSchema = z.lazy(() => z.partialRecord(NameSchema, z.int().min(-2_147_483_648).max(2_147_483_647)))
/** See {@link SysctlValuesSchema}. */
export type SysctlValues = Readonly<z.infer<typeof SysctlValuesSchema>>

/** How a host's kernel values stand. */
export const SysctlsSchema = z.lazy(() =>
  z.strictObject({
    now: SysctlValuesSchema.describe('what the kernel has'),
    kept: SysctlValuesSchema.describe("what Drover's file sets at every boot"),
    before: SysctlValuesSchema.describe('what was there before Drover set anything'),
    later: z
      .partialRecord(NameSchema, z.strictObject({ file: z.string().max(300), value: z.string().max(64) }))
      .describe("the last file that is read after Drover's and sets it too"),
  }),
)
/** See {@link SysctlsSchema}. */
export type Sysctls = {
  readonly now: SysctlValues
  readonly kept: SysctlValues
  readonly before: SysctlValues
  readonly later: Readonly<Partial<Record<SysctlName, { readonly file: string; readonly value: string }>>>
}

/** A host of whose kernel values nothing is known. */
export const NO_SYSCTLS: Sysctls = { now: {}, kept: {}, before: {}, later: {} }

/** Name and value of each, in the order of {@link KUBELET_SYSCTLS}. */
export const sysctlEntries = (values: SysctlValues): readonly (readonly [name: SysctlName, value: number])[] =>
  SYSCTL_NAMES.flatMap((name) => {
    const value = values[name]
    return value === undefined ? [] : [[name, value] as const]
  })

/** The names of `wanted` whose value in `have` is another one or none. */
export const sysctlsUnlike = (wanted: SysctlValues, have: SysctlValues): readonly SysctlName[] =>
  sysctlEntries(wanted).flatMap(([name, value]) => (have[name] === value ? [] : [name]))

/** What was there before, of the values that are still Drover's: one that somebody has set otherwise since is theirs. */
export const sysctlsToPutBack = ({ now, kept, before }: Sysctls): SysctlValues =>
  Object.fromEntries(sysctlEntries(before).filter(([name]) => now[name] === kept[name]))

/** What was there before the first change of each: what is noted already, and the present value of what is not. */
export const sysctlsBefore = ({ now, before }: Sysctls, values: SysctlValues): SysctlValues => {
  const added = sysctlEntries(values).flatMap(([name]) => (now[name] === undefined ? [] : [[name, now[name]] as const]))
  return { ...Object.fromEntries(added), ...before }
}
