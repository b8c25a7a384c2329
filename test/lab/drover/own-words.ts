import * as z from 'zod'
import type { Host } from '../host.ts'

/** What a host's own tools say of it: `nproc`, /proc/meminfo, `ip -j`. */
export type OwnWords = {
  readonly cores: number
  readonly memoryMb: number
  /** NIC, MAC, IPv4 address and prefix, such as `eth0 02:… 10.0.0.11/24`. */
  readonly addresses: readonly string[]
  readonly route: { readonly gateway: string; readonly dev: string }
}

const Addresses = z.array(z.object({ ifname: z.string(), address: z.string(), addr_info: z.array(z.object({ family: z.string().optional(), local: z.string().optional(), prefixlen: z.number().optional() })) }))
const Routes = z.tuple([z.object({ gateway: z.string(), dev: z.string() })])

/** Asks a host's own tools. */
export const ownWordsOf = async (host: Host): Promise<OwnWords> => {
  const nics = Addresses.parse(JSON.parse(await host.must('ip -j address show scope global')))
  const [route] = Routes.parse(JSON.parse(await host.must('ip -j route show default')))
  return {
    cores: Number(await host.must('nproc')),
    memoryMb: Math.floor(Number(await host.must("awk '/^MemTotal/ { print $2 }' /proc/meminfo")) / 1024),
    addresses: nics.flatMap((nic) => nic.addr_info.filter(({ family }) => family === 'inet').map(({ local, prefixlen }) => `${nic.ifname} ${nic.address} ${String(local)}/${String(prefixlen)}`)),
    route,
  }
}
