import { type Finding, type HostId, say, type Settled } from '@drover/protocol'
import type { Context } from '../context.ts'
import { finding } from '../core/planner/finding.ts'

/** A fatal finding for each role that a host was given and that its join token does not let it take. */
export const roleLimits = ({ world }: Context, settled: Settled): Finding[] =>
  Object.entries(settled.roles).flatMap(([id, role]) => {
    const host = world.hosts.get(id as HostId)
    const isWithin = host === undefined || host.role === 'any' || host.role === role
    return isWithin ? [] : [finding('fatal', say('finding.role-limit', { host: host.name, limit: host.role, role }), [host.id])]
  })
