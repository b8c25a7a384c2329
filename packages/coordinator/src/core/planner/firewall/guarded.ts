import type { Measured } from '@drover/protocol'

/** Bridges and tunnels of clusters, containers and virtual networks: what comes in there came in elsewhere first, or was let in by others. */
const INNER = /^(?:lo$|cni|flannel|kube-|veth|docker|br-|virbr|cali|lxc|cilium|nodelocaldns|dummy|ifb|drover|tailscale|zt|wg|tun|tap|ppp)/

/** The interfaces of a host by which outsiders reach it: all that have an address, but for loopback and inner ones; sorted. */
export const guardedInterfaces = (measured: Pick<Measured, 'addresses'>, nodeInterface: string): readonly string[] => {
  const outer = measured.addresses.map(({ iface }) => iface).filter((iface) => !INNER.test(iface))
  return [...new Set([nodeInterface, ...outer])].toSorted()
}
