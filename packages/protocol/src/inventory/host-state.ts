import * as z from 'zod'

const names = z.array(z.string().max(200)).max(256)

/** What k3s needs to know of the host beside hardware and network. */
export const HostStateSectionSchema = z.strictObject({
  cgroup: z.enum(['v1', 'v2']),
  modules: z.record(z.string().max(32), z.enum(['loaded', 'builtin', 'available', 'missing'])),
  usedPorts: names.describe('k3s ports that something else holds, as tcp/6443 (nginx)'),
  foreignK3s: names.describe('traces of a k3s that Drover did not install'),
  kernel: z.record(z.string().max(64), z.int()).describe('sysctl values that protect-kernel-defaults needs'),
  data: z.strictObject({
    path: z.string().max(200),
    filesystem: z.string().max(32),
    freeMb: z.int(),
    fsyncP99Us: z.int().nullable().describe('p99 of 200 bounded 4 KiB write+fsync pairs; null: not measured'),
  }),
})
/** See {@link HostStateSectionSchema}. */
export type HostStateSection = z.infer<typeof HostStateSectionSchema>
