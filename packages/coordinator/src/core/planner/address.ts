import { type Address, type HostView, type Said, say } from '@drover/protocol'
import { holds, parseAddress, parseCidr } from '../spec/cidr.ts'

/** The address that a node uses, with the evidence; null where the host has none that fits. */
export type ChosenAddress = { readonly ip: string; readonly iface: string; readonly why: Said }

/** Link-local, loopback and unspecified addresses name no host to others. */
const isGlobal = ({ ip }: Address): boolean => !/^(?:127\.|169\.254\.|0\.|fe80:|::1$|::$)/i.test(ip)

/** Addresses of k3s's own bridges and tunnels are not the host's. */
const isOwn = ({ iface }: Address): boolean => !/^(?:cni|flannel|kube-|veth|docker)/.test(iface)

/** Lower addresses first, given ones after fixed ones, so that the same host always gives the same answer. */
const steady = (a: Address, b: Address): number => {
  if (a.dynamic !== b.dynamic) return a.dynamic ? 1 : -1
  const [left, right] = [parseAddress(a.ip)?.value ?? 0n, parseAddress(b.ip)?.value ?? 0n]
  return left < right ? -1 : 1
}

/** Picks a host's node address: in the spec's network, on the spec's interface, or else where the default route leaves. `family` is that of the pods. */
export const chooseAddress = (host: HostView, network: string | undefined, family: 4 | 6): ChosenAddress | null => {
  const measured = host.measured?.value
  if (measured === undefined) return null
  const usable = measured.addresses.filter((address) => isGlobal(address) && isOwn(address) && parseAddress(address.ip)?.family === family).toSorted(steady)
  const cidr = network === undefined ? null : parseCidr(network)
  const wanted = network ?? measured.defaultInterface
  const found = usable.find((address) => (cidr === null ? address.iface === wanted : holds(cidr, address.ip)))
  if (found === undefined) return null
  const { ip, iface } = found
  const args = { host: host.name, ip, iface }
  return { ip, iface, why: network === undefined ? say('address.default', { ...args, evidence: `default dev ${iface}` }) : say('address.spec', { ...args, network }) }
}
