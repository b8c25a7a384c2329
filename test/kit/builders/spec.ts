import { type ClusterSpec, ClusterSpecSchema } from '@drover/protocol'
import type * as z from 'zod'

/** The spec of cluster `home`: one server called one, agents by role=worker; `patch` replaces whole fields. */
export const buildSpec = (patch: Partial<z.input<typeof ClusterSpecSchema>> = {}): ClusterSpec =>
  ClusterSpecSchema.parse({
    cluster: 'home',
    k3s: { version: 'v1.36.2+k3s1' },
    servers: { names: ['one'] },
    agents: { select: { role: 'worker' } },
    network: { node: '10.0.0.0/24' },
    ...patch,
  })
