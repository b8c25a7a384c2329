import * as z from 'zod'

const port = z.int().min(1).max(65_535)
const ports = z.union([port, z.string().regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/)])

/** Who may reach what of a cluster's hosts from outside; whatever is not said here, and is not the cluster's own, is closed. */
export const FirewallSpecSchema = z.strictObject({
  admins: z.array(z.union([z.cidrv4(), z.cidrv6()])).min(1).max(64).describe('networks that people work from: they may reach SSH'),
  ssh: z.array(port).min(1).max(8).default([22]).describe('TCP ports that sshd listens on'),
  expose: z
    .array(
      z.strictObject({
        ports: z.array(ports).min(1).max(16).describe('ports and ranges such as 8000-8100'),
        proto: z.enum(['tcp', 'udp']).default('tcp'),
        to: z.enum(['anyone', 'admins', 'nodes', 'servers']),
        on: z.enum(['all', 'servers', 'agents']).default('all'),
      }),
    )
    .max(16)
    .default([])
    .describe('ports that are open beside SSH and those of k3s'),
  nodePorts: z.enum(['none', 'anyone', 'admins', 'nodes']).default('none').describe('who may reach the ports of Services of type NodePort'),
  window: z.int().min(20).max(600).default(60).describe('seconds after which rules that no witness has confirmed are taken back'),
})
/** See {@link FirewallSpecSchema}. */
export type FirewallSpec = z.infer<typeof FirewallSpecSchema>
