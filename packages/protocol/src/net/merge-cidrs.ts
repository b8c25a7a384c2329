import { type Cidr, parseAddress, parseCidr } from './cidr.ts'

type Span = { readonly family: 4 | 6; readonly first: bigint; last: bigint }

const BITS = { 4: 32, 6: 128 } as const

const longestZeros = (groups: readonly string[]): { at: number; length: number } => {
  let best = { at: -1, length: 1 }
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0
    while (groups[at + length] === '0') length += 1
    if (length > best.length) best = { at, length }
  }
  return best
}

const renderV6 = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  const { at, length } = longestZeros(groups)
  if (at === -1) return groups.join(':')
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + length).join(':')}`
}

/** An address as text: four octets, or the shortest form of RFC 5952. */
export const renderAddress = (family: 4 | 6, value: bigint): string =>
  family === 6 ? renderV6(value) : [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')

/** An address in the one form in which equal addresses are equal texts; anything else comes back as it is. */
export const canonicalAddress = (text: string): string => {
  if (!text.includes(':')) return text // octets without leading zeros are the only form there is
  const cidr = parseCidr(`${text}/128`)
  return cidr === null ? text : renderAddress(cidr.family, cidr.base)
}

/** The networks that make up all addresses from the first to the last; empty where these are no addresses of one family. */
export const cidrsBetween = (first: string, last: string): string[] => {
  const [from, to] = [parseAddress(first), parseAddress(last)]
  if (from === null || to === null || from.family !== to.family) return []
  return prefixesOf({ family: from.family, first: from.value, last: to.value })
}

const spanOf = ({ family, base, prefix }: Cidr): Span => ({ family, first: base, last: base + (1n << BigInt(BITS[family] - prefix)) - 1n })

const prefixesOf = ({ family, first, last }: Span): string[] => {
  const found: string[] = []
  for (let at = first; at <= last;) {
    let free = 0
    while (free < BITS[family] && at % (1n << BigInt(free + 1)) === 0n && at + (1n << BigInt(free + 1)) - 1n <= last) free += 1
    found.push(`${renderAddress(family, at)}/${String(BITS[family] - free)}`)
    at += 1n << BigInt(free)
  }
  return found
}

const before = (a: Span, b: Span): number => {
  if (a.family !== b.family) return a.family - b.family
  return a.first < b.first ? -1 : Number(a.first > b.first)
}

/** The same addresses as few networks, sorted, host bits cleared; a text that is no network (nor address) is left out. */
export const mergeCidrs = (cidrs: readonly string[]): string[] => {
  const parsed = cidrs.map((text) => parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? '128' : '32'}`))
  const merged: Span[] = []
  for (const span of parsed.filter((one) => one !== null).map(spanOf).toSorted(before)) {
    const last = merged.at(-1)
    if (last?.family === span.family && span.first <= last.last + 1n) last.last = span.last > last.last ? span.last : last.last
    else merged.push({ ...span })
  }
  return merged.flatMap(prefixesOf)
}
