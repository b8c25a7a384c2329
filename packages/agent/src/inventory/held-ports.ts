import { k3sSockets, type Owner, usedPorts } from '../core/inventory/used-ports.ts'
import type { Socket } from '../core/parse/proc-sockets.ts'

/** The looks at a host that it takes to say who holds a port. */
export type PortLooks = {
  readonly sockets: () => Promise<readonly Socket[]>
  readonly owners: (inodes: ReadonlySet<string>) => Promise<ReadonlyMap<string, Owner>>
  /** Whether a k3s that Drover installed runs. */
  readonly ourK3sRuns: () => Promise<boolean>
}

/**
 * Ports of k3s that something else holds, as {@link usedPorts} names them. Who ends between the looks leaves a socket without an
 * owner, and a k3s of ours that is being stopped would be a stranger: so only what is still open after all looks counts.
 */
export const heldPorts = async ({ sockets, owners, ourK3sRuns }: PortLooks): Promise<readonly string[]> => {
  const before = k3sSockets(await sockets())
  if (before.length === 0) return []
  const holders = await owners(new Set(before.map(({ inode }) => inode)))
  const runs = await ourK3sRuns()
  const open = new Set((await sockets()).map(({ inode }) => inode))
  return usedPorts(before.filter(({ inode }) => open.has(inode)), holders, runs)
}
