import { access, readdir } from 'node:fs/promises'
import type { NetworkSection } from '@drover/protocol'
import { networkSection } from '../../core/inventory/network-section.ts'
import { parseIpAddr } from '../../core/parse/ip-addr.ts'
import { parseIpRoute, parseRouteGet } from '../../core/parse/ip-route.ts'
import type { CollectorTools } from '../collector.ts'

/** Addresses far outside: asking the kernel for the way there sends no packet. */
const OUTSIDE = { 4: '1.1.1.1', 6: '2606:4700:4700::1111' } as const

/** NICs, addresses, routes and the default route, from `ip -j` and /sys/class/net. Throws where iproute2 fails. */
export const collectNetwork = async (tools: CollectorTools): Promise<NetworkSection> => {
  const ip = (...args: readonly string[]): Promise<string> => runIp(tools, args)
  const links = parseIpAddr(await ip('-d', 'addr'))
  const routes = [
    ...parseIpRoute(await ip('-4', 'route', 'show', 'table', 'all'), 4),
    ...parseIpRoute(await ip('-6', 'route', 'show', 'table', 'all').catch(() => ''), 6),
  ]
  const family = routes.some((route) => route.family === 4 && route.dst === 'default') ? 4 : 6
  const kernel = parseRouteGet(await ip('route', 'get', OUTSIDE[family]).catch(() => ''))
  return networkSection({ links, routes, physical: await physicalLinks(), kernel })
}

const runIp = async (tools: CollectorTools, args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await tools.host.read('ip', ['-j', ...args])
  if (code !== 0) throw new Error(`ip -j ${args.join(' ')}: ${stderr.trim().slice(0, 200)}`)
  return stdout
}

const physicalLinks = async (): Promise<ReadonlySet<string>> => {
  const names = await readdir('/sys/class/net').catch(() => [])
  const found = await Promise.all(names.map(async (name) => ((await exists(`/sys/class/net/${name}/device`)) ? [name] : [])))
  return new Set(found.flat())
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false)
