/** A network: its family, its first address as a number, and how many bits name it. */
export type Cidr = { readonly family: 4 | 6; readonly base: bigint; readonly prefix: number; readonly address: bigint }

const BITS = { 4: 32, 6: 128 } as const

const parseV4 = (text: string): bigint | null => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return null
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

/** The last two groups of an IPv6 address may be written as IPv4. */
const withoutDots = (text: string): string | null => {
  const at = text.lastIndexOf(':')
  if (!text.includes('.')) return text
  const tail = parseV4(text.slice(at + 1))
  return tail === null ? null : `${text.slice(0, at + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`
}

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))

const parseV6 = (text: string): bigint | null => {
  const plain = withoutDots(text)
  if (plain === null) return null
  const [head = '', tail, ...more] = plain.split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail ?? '')
  const gap = 8 - left.length - right.length
  if (more.length > 0 || (tail === undefined ? gap !== 0 : gap < 1)) return null
  const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

/** An address as family and number; null for what is none (also octets with leading zeros). */
export const parseAddress = (text: string): { readonly family: 4 | 6; readonly value: bigint } | null => {
  const family = text.includes(':') ? 6 : 4
  const value = family === 6 ? parseV6(text) : parseV4(text)
  return value === null ? null : { family, value }
}

/** A network in CIDR form; null for what is none. Host bits are kept in `address`. */
export const parseCidr = (text: string): Cidr | null => {
  const [ip = '', bits = '', ...more] = text.split('/')
  const address = parseAddress(ip)
  if (address === null || more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return null
  const prefix = Number(bits)
  const width = BITS[address.family]
  if (prefix > width) return null
  const free = BigInt(width - prefix)
  return { family: address.family, base: (address.value >> free) << free, prefix, address: address.value }
}

/** True where an address lies in a network. */
export const holds = (cidr: Cidr, ip: string): boolean => {
  const address = parseAddress(ip)
  if (address === null || address.family !== cidr.family) return false
  const free = BigInt(BITS[cidr.family] - cidr.prefix)
  return address.value >> free === cidr.base >> free
}

/** True where two networks have an address in common. */
export const isShared = (a: Cidr, b: Cidr): boolean => {
  if (a.family !== b.family) return false
  const free = BigInt(BITS[a.family] - Math.min(a.prefix, b.prefix))
  return a.base >> free === b.base >> free
}

/** The same of two texts; false where either is no network. */
export const overlaps = (a: string, b: string): boolean => {
  const [left, right] = [parseCidr(a), parseCidr(b)]
  return left !== null && right !== null && isShared(left, right)
}
