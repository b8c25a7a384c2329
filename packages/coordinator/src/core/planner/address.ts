import { type Address, holds, type HostView, parseAddress, parseCidr, ROUTE, type Said, say } from '@drover/protocol'

/** The address that a node uses, with the evidence; null where the host has none that fits. */
export type ChosenAddress = { readonly ip: string; readonly iface: string; readonly why: Said }

/** Link-local, loopback and unspecified addresses name no host to others. */
const isGlobal = ({ ip }: Address): boolean => !/^(?:127\.|169\.254\.|0\.|fe80:|::1$|::$)/i.test(ip)

/** Addresses of k3s's own bridges and tunnels, and of the link of a made default route, are not the host's. */
const isOwn = ({ iface }: Address): boolean => iface !== ROUTE.link && !/^(?:cni|flannel|kube-|veth|docker)/.test(iface)

/** Lower addresses first, given ones after fixed ones, so that the same host always gives the same answer. */
const steady = (a: Address, b: Address): number => {
  if (a.dynamic !== b.dynamic) return a.dynamic ? 1 : -1
  const [left, right] = [parseAddress(a.ip)?.value ?? 0n, parseAddress(b.ip)?.value ?? 0n]
  return left < right ? -1 : 1
}

/** What a node address is picked by: the spec's network (CIDR or interface) and the family of the pods. */
export type Wanted = { readonly network: string | undefined; readonly family: 4 | 6 }

const fits = (address: Address, network: string | undefined, defaultInterface: string | null): boolean => {
  const cidr = parseCidr(network ?? '')
  return cidr === null ? address.iface === (network ?? defaultInterface) : holds(cidr, address.ip)
}

/** Picks a host's node address: in the spec's network, on the spec's interface, or else where the default route leaves. */
export const chooseAddress = (host: HostView, { network, family }: Wanted): ChosenAddress | null => {
  const measured = host.measured?.value
  if (measured === undefined) return null
  const found = measured.addresses
    .filter((address) => isGlobal(address) && isOwn(address) && parseAddress(address.ip)?.family === family)
    .toSorted(steady)
    .find((address) => fits(address, network, measured.defaultInterface))
  if (found === undefined) return null
  const { ip, iface } = found
  const args = { host: host.name, ip, iface }
  if (network !== undefined) return { ip, iface, why: say('address.spec', { ...args, network }) }
  return { ip, iface, why: say('address.default', { ...args, evidence: measured.defaultEvidence ?? `default dev ${iface}` }) }
}
