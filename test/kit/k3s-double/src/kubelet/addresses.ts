import { networkInterfaces } from 'node:os'
import type { Options } from '../config/options.ts'
import { readText } from '../files.ts'
import { Fatal } from '../log.ts'

const firstV4 = (device: string): string | undefined => networkInterfaces()[device]?.find((address) => address.family === 'IPv4')?.address

/** The device of the default route with the lowest metric, from `/proc/net/route`. */
export function defaultDevice(table: string): string | undefined {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === '00000000' && fields[7] === '00000000')
    .sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0]
}

/** @throws Fatal when `flannel-iface` names what is not there */
export function checkFlannelInterface(options: Options): void {
  const device = options.one('flannel-iface') ?? ''
  if (device !== '' && networkInterfaces()[device] === undefined) throw new Fatal(`Error: unable to find interface ${device}: route ip+net: no such network interface`)
}

/** The node's address: `node-ip`, else the address of `flannel-iface`, else of the default route's device. @throws Fatal without any */
export function chooseNodeIp(options: Options): string {
  const given = options.all('node-ip')[0]
  if (given !== undefined && given !== '') return given
  const device = options.one('flannel-iface')
  if (device !== undefined && device !== '') {
    const address = firstV4(device)
    if (address === undefined) throw new Fatal(`Error: failed to find ip of interface ${device}`)
    return address
  }
  const found = defaultDevice(readText('/proc/net/route') ?? '')
  const address = found === undefined ? undefined : firstV4(found)
  if (address === undefined) throw new Fatal('Error: no default routes found in "/proc/net/route" or "/proc/net/ipv6_route"')
  return address
}
