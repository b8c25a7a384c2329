import type { Socket } from '../parse/proc-sockets.ts'

/**
 * Ports that every k3s server or agent with flannel's VXLAN opens (k3s docs, "requirements", and the local ones of
 * its components). etcd's 2379-2382, WireGuard's 51820-51821 and the registry's 5001 belong to options.
 */
const PORTS: Readonly<Record<'tcp' | 'udp', ReadonlySet<number>>> = {
  tcp: new Set([6443, 6444, 10010, 10248, 10249, 10250, 10256, 10257, 10258, 10259]),
  udp: new Set([8472]),
}

/** Sockets on ports that k3s needs. */
export const k3sSockets = (sockets: readonly Socket[]): readonly Socket[] =>
  sockets.filter((socket) => PORTS[socket.proto].has(socket.port))

/** Who holds a socket; `ours`: it belongs to a k3s that Drover installed. */
export type Owner = { readonly name: string; readonly ours: boolean }

/**
 * `tcp/6443 (nginx)` for each port that something else holds. A socket whose owner cannot be seen counts as
 * somebody else's only where our own k3s does not run.
 */
export const usedPorts = (
  sockets: readonly Socket[],
  owners: ReadonlyMap<string, Owner>,
  ourK3sRuns: boolean,
): readonly string[] => {
  const held = k3sSockets(sockets).flatMap((socket) => {
    const owner = owners.get(socket.inode)
    if (owner?.ours === true || (owner === undefined && ourK3sRuns)) return []
    return [`${socket.proto}/${String(socket.port)}${owner === undefined ? '' : ` (${owner.name})`}`]
  })
  return [...new Set(held)].toSorted().slice(0, 256)
}
