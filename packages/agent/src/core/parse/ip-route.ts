import * as z from 'zod'

const Hop = z.object({
  gateway: z.string().optional(),
  via: z.object({ host: z.string() }).optional(),
  dev: z.string().max(15).optional(),
  flags: z.array(z.string()).default([]),
})

const RouteRow = z.object({
  type: z.string().default('unicast'),
  dst: z.string().max(64),
  gateway: z.string().max(64).optional(),
  via: z.object({ host: z.string() }).optional(),
  dev: z.string().max(15).optional(),
  table: z.union([z.string(), z.number()]).default('main'),
  protocol: z.string().optional(),
  scope: z.string().optional(),
  prefsrc: z.string().optional(),
  metric: z.int().default(0),
  flags: z.array(z.string()).default([]),
  nexthops: z.array(Hop).default([]),
})

/** One route as `ip -j -4 route show table all` (or -6) shows it; `hops` above 1 means equal-cost paths, and `via` and `dev` are the first one's. */
export type IpRoute = {
  readonly family: 4 | 6
  readonly dst: string
  readonly via: string | null
  readonly dev: string | null
  readonly metric: number
  readonly table: string
  readonly source: string | null
  readonly hops: number
  readonly alive: boolean
  /** The route in the words of `ip route`. */
  readonly line: string
}

/** Unicast routes of one family outside the local table. Throws where the text is no such output. */
export const parseIpRoute = (text: string, family: 4 | 6): readonly IpRoute[] => {
  const rows = z.array(RouteRow).parse(JSON.parse(text.trim() === '' ? '[]' : text))
  return rows.filter((row) => row.type === 'unicast' && row.table !== 'local').map((row) => routeOf(row, family))
}

const routeOf = (row: z.infer<typeof RouteRow>, family: 4 | 6): IpRoute => {
  const hop = row.nexthops.find((one) => isAlive(one.flags)) ?? row.nexthops[0] ?? row
  const via = hop.gateway ?? hop.via?.host ?? null
  const dev = hop.dev ?? null
  return {
    family,
    dst: row.dst,
    via,
    dev,
    metric: row.metric,
    table: String(row.table).slice(0, 32),
    source: row.prefsrc ?? null,
    hops: Math.max(1, row.nexthops.length),
    alive: isAlive(row.flags) && isAlive(hop.flags),
    line: lineOf(row, via, dev),
  }
}

const isAlive = (flags: readonly string[]): boolean => !flags.includes('dead') && !flags.includes('linkdown')

const lineOf = (row: z.infer<typeof RouteRow>, via: string | null, dev: string | null): string =>
  [
    row.dst,
    ...(via === null ? [] : ['via', via]),
    ...(dev === null ? [] : ['dev', dev]),
    ...(row.protocol === undefined ? [] : ['proto', row.protocol]),
    ...(row.scope === undefined || row.scope === 'global' ? [] : ['scope', row.scope]),
    ...(row.prefsrc === undefined ? [] : ['src', row.prefsrc]),
    ...(row.metric === 0 ? [] : ['metric', String(row.metric)]),
  ].join(' ')

const AnswerSchema = z.array(z.object({ dev: z.string(), table: z.union([z.string(), z.number()]).optional() })).min(1)

/** The answer of `ip -j route get ADDRESS`, or null where it gave none (no route, or an older iproute2 without JSON here). */
export const parseRouteGet = (text: string): { readonly dev: string; readonly table: string | null } | null => {
  try {
    const [first] = AnswerSchema.parse(JSON.parse(text))
    return first === undefined ? null : { dev: first.dev, table: first.table === undefined ? null : String(first.table) }
  } catch {
    return null
  }
}
