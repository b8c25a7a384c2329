import * as z from 'zod'

/** One address of one NIC. */
export const AddressSchema = z.strictObject({
  iface: z.string().max(15),
  ip: z.union([z.ipv4(), z.ipv6()]),
  prefix: z.int().min(0).max(128),
  dynamic: z.boolean().describe('given by DHCP or router advertisement'),
})
/** See {@link AddressSchema}. */
export type Address = z.infer<typeof AddressSchema>

const NicSchema = z.strictObject({
  name: z.string().max(15),
  mac: z.string().max(64),
  mtu: z.int(),
  state: z.string().max(16).describe('operstate of the kernel: up, down, unknown'),
  physical: z.boolean().describe('has a device behind it in /sys/class/net'),
  kind: z.string().max(32).nullable().describe('bridge, vlan, veth, wireguard …; null for plain hardware'),
  addresses: z.array(AddressSchema).max(64),
})

const RouteSchema = z.strictObject({
  dst: z.string().max(64),
  via: z.string().max(64).nullable(),
  dev: z.string().max(15).nullable(),
  metric: z.int(),
  table: z.string().max(32),
})

/** NICs, addresses, routes and the default route, from `ip -j` and /sys/class/net, with the evidence kept. */
export const NetworkSectionSchema = z.strictObject({
  nics: z.array(NicSchema).max(512),
  routes: z.array(RouteSchema).max(1024),
  defaultRoute: z
    .strictObject({
      iface: z.string(),
      via: z.string().nullable(),
      source: z.string().nullable(),
      evidence: z.string().max(400).describe('the line it was read from'),
    })
    .nullable(),
})
/** See {@link NetworkSectionSchema}. */
export type NetworkSection = z.infer<typeof NetworkSectionSchema>
