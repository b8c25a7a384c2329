import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** Calls back when an address or an IPv4 route of this host came or went since the last look. */
export type NetworkWatch = { readonly look: () => void }

/** Looks are cheap (two system calls and one small file), so they come with every heartbeat; the first one only remembers. */
export const createNetworkWatch = (onChange: () => void, read: () => string = readNetwork): NetworkWatch => {
  let last: string | null = null
  return {
    look: () => {
      const now = orNull(read)
      if (now === null) return
      if (last !== null && last !== now) onChange()
      last = now
    },
  }
}

/** What cannot be read now is read with the next heartbeat; the facts that are read with it must not wait for that. */
const orNull = (read: () => string): string | null => {
  try {
    return read()
  } catch {
    return null
  }
}

/** Link-local addresses come and go with every container and are left out. */
const readNetwork = (): string => {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).filter((one) => !one.internal && !one.address.startsWith('fe80:')).map((one) => `${name} ${one.cidr ?? one.address}`),
  )
  return [...addresses.toSorted(), routes()].join('\n')
}

/** Interface, destination, gateway, metric and mask of /proc/net/route, without its counters. */
const routes = (): string => {
  try {
    const lines = readFileSync('/proc/net/route', 'utf8').trim().split('\n').slice(1)
    return lines.map((line) => line.split(/\s+/)).map(([iface, dst, via, , , , metric, mask]) => [iface, dst, via, metric, mask].join(' ')).join('\n')
  } catch {
    return ''
  }
}
