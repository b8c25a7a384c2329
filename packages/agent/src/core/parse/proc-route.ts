/** One IPv4 route of the main table as /proc/net/route shows it; numbers are addresses in host order. A route that refuses has the interface `*`. */
export type ProcRoute = { readonly iface: string; readonly base: number; readonly mask: number; readonly metric: number }

/** Hex of an address as the kernel prints it on a little-endian machine. */
const address = (hex: string): number => Number.parseInt((hex.match(/../g) ?? []).toReversed().join(''), 16)

/** The routes of the text of /proc/net/route; lines that are none are left out. */
export const parseProcRoute = (text: string): readonly ProcRoute[] =>
  text.split('\n').flatMap((line) => {
    const [iface = '', dst = '', , , , , metric = '', mask = ''] = line.trim().split(/\s+/)
    if (!/^[0-9A-F]{8}$/.test(dst) || !/^[0-9A-F]{8}$/.test(mask) || !/^\d+$/.test(metric)) return []
    return [{ iface, base: address(dst), mask: address(mask), metric: Number(metric) }]
  })
