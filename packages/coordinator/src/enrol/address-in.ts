import { BlockList, isIPv6 } from 'node:net'

/** Whether an address (also an IPv4 one written as ::ffff:…) lies in a CIDR. */
export const addressIn = (address: string, cidr: string): boolean => {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  const [network = '', prefix = ''] = cidr.split('/')
  const family = isIPv6(network) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return isIPv6(plain) === (family === 'ipv6') && list.check(plain, family)
}
