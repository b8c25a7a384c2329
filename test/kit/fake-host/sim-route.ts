import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ROUTE } from '@drover/protocol'

const TABLE = '/proc/net/route'
const HEADER = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT'

/** One line of /proc/net/route; addresses in hex as a little-endian kernel prints them. */
export type SimRoute = { readonly iface: string; readonly dst: string; readonly mask: string; readonly metric: number }

const lineOf = ({ iface, dst, mask, metric }: SimRoute): string => [iface, dst, '00000000', '0001', 0, 0, metric, mask, 0, 0, 0].join('\t')

const linesOf = (root: string): readonly string[] =>
  existsSync(`${root}${TABLE}`) ? readFileSync(`${root}${TABLE}`, 'utf8').split('\n').slice(1).filter((line) => line !== '') : []

const write = (root: string, lines: readonly string[]): void => writeFileSync(`${root}${TABLE}`, `${[HEADER, ...lines].join('\n')}\n`)

const without = (root: string, gone: (iface: string, metric: string) => boolean): readonly string[] =>
  linesOf(root).filter((line) => !gone(line.split('\t')[0] ?? '', line.split('\t')[6] ?? ''))

/** Adds a route to the simulated host's table. */
export const addRoute = (root: string, route: SimRoute): void => write(root, [...linesOf(root), lineOf(route)])

/** The default route that somebody else gave the host. */
export const REAL_DEFAULT: SimRoute = { iface: 'eth0', dst: '00000000', mask: '00000000', metric: 100 }

/** Takes the routes of a link away, as the kernel does with the link. */
export const dropRoutesOf = (root: string, link: string): void => {
  if (linesOf(root).some((line) => line.startsWith(`${link}\t`))) write(root, without(root, (iface) => iface === link))
}

const SERVICE = { dst: '00002B0A', mask: '0000FFFF', metric: ROUTE.metric } as const

/** Makes the route to 10.43.0.0/16 on a link. */
export const addServiceRoute = (root: string, iface: string): void => write(root, [...without(root, isService), lineOf({ iface, ...SERVICE })])

/** Takes the route to the service addresses away. */
export const dropServiceRoute = (root: string): void => write(root, without(root, isService))

const isService = (iface: string, metric: string): boolean => iface !== ROUTE.link && metric === String(ROUTE.metric)

/** What the unit's start does; a default route of somebody else skips it. */
export const beginRoute = (root: string): boolean => {
  if (linesOf(root).some((line) => line.split('\t')[1] === '00000000' && !line.startsWith(ROUTE.link))) return false
  mkdirSync(`${root}/sys/class/net/${ROUTE.link}`, { recursive: true })
  dropRoutesOf(root, ROUTE.link)
  addRoute(root, { iface: ROUTE.link, dst: '00000000', mask: '00000000', metric: ROUTE.metric })
  addRoute(root, { iface: ROUTE.link, dst: 'FE7100CB', mask: 'FEFFFFFF', metric: 0 })
  const [, iface = 'eth0'] = /^ExecStop=.* dev (\S+) metric/m.exec(readFileSync(`${root}${ROUTE.unitFile}`, 'utf8')) ?? []
  addServiceRoute(root, iface)
  return true
}

/** What the unit's stop does. */
export const endRoute = (root: string): void => {
  rmSync(`${root}/sys/class/net/${ROUTE.link}`, { recursive: true, force: true })
  dropRoutesOf(root, ROUTE.link)
  dropServiceRoute(root)
}
