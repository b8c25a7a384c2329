import * as z from 'zod'
import type { Address } from '@drover/protocol'

/** Marks "for ever" in the lifetimes of `ip -j addr`. */
const FOREVER = 4_294_967_295

const AddressRow = z.object({
  local: z.string().optional(),
  prefixlen: z.int().optional(),
  scope: z.string().optional(),
  dynamic: z.boolean().optional(),
  tentative: z.boolean().optional(),
  dadfailed: z.boolean().optional(),
  valid_life_time: z.number().optional(),
})

const LinkRow = z.object({
  ifname: z.string().max(15).optional(),
  ifindex: z.int().optional(),
  flags: z.array(z.string()).default([]),
  mtu: z.int().default(0),
  operstate: z.string().default('UNKNOWN'),
  link_type: z.string().default(''),
  address: z.string().default(''),
  master: z.string().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  addr_info: z.array(AddressRow).default([]),
})

/** One link as `ip -j -d addr` shows it, with its usable addresses (no host or link scope, none that failed detection). */
export type Link = {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly state: string
  readonly kind: string | null
  readonly master: string | null
  readonly loopback: boolean
  readonly pointToPoint: boolean
  readonly addresses: readonly Address[]
}

/** Links of `ip -j -d addr`; empty rows, which older iproute2 prints for filtered links, are left out. Throws where it is no such output. */
export const parseIpAddr = (text: string): readonly Link[] => {
  const rows = z.array(LinkRow).parse(JSON.parse(text.trim() === '' ? '[]' : text))
  return rows.flatMap((row) => (row.ifname === undefined ? [] : [linkOf(row.ifname, row)]))
}

const linkOf = (name: string, row: z.infer<typeof LinkRow>): Link => ({
  name,
  mac: row.address.slice(0, 64),
  mtu: row.mtu,
  state: row.operstate.toLowerCase().slice(0, 16),
  kind: row.linkinfo?.info_kind?.slice(0, 32) ?? null,
  master: row.master ?? null,
  loopback: row.link_type === 'loopback' || row.flags.includes('LOOPBACK'),
  pointToPoint: row.flags.includes('POINTOPOINT'),
  addresses: row.addr_info.flatMap((info) => addressOf(name, info)),
})

const addressOf = (iface: string, row: z.infer<typeof AddressRow>): readonly Address[] => {
  const { local, prefixlen, scope, tentative, dadfailed } = row
  if (local === undefined || prefixlen === undefined) return []
  if (scope === 'host' || scope === 'link' || tentative === true || dadfailed === true) return []
  const expires = row.valid_life_time !== undefined && row.valid_life_time < FOREVER
  return [{ iface, ip: local, prefix: prefixlen, dynamic: row.dynamic === true || expires }]
}
