import { isIPv4, isIPv6 } from 'node:net'

/** What an address counts as where limits are kept per address: IPv4 as it is, IPv6 by its /64, the rest as one. */
export const addressKey = (address: string | undefined): string => {
  const bare = (address ?? '').replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1]
  if (mapped !== undefined) return mapped
  if (isIPv4(bare)) return bare
  return isIPv6(bare) ? `${firstGroups(bare).join(':')}::/64` : 'unknown'
}

/** The first four groups of an IPv6 address, with `::` written out. */
const firstGroups = (address: string): string[] => {
  const [left = '', right] = address.split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  return [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
}
