import { droppingLine, dropsAll, type ForeignChain, foreignChains, ufwIsOn } from '../core/firewall/who-is-in-charge.ts'
import type { HostReader } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import type { ReadTool } from '../host/tools.ts'

const UFW = absolutePath('/etc/ufw/ufw.conf')
const LEGACY = [
  ['/proc/net/ip_tables_names', 'iptables-legacy-save'],
  ['/proc/net/ip6_tables_names', 'ip6tables-legacy-save'],
] as const

const output = async (host: HostReader, tool: ReadTool, args: readonly string[]): Promise<string> => {
  if (!(await host.hasTool(tool))) return ''
  const ran = await host.read(tool, args)
  return ran.code === 0 ? ran.stdout : ''
}

const frontEnd = async (host: HostReader): Promise<string | null> => {
  if (ufwIsOn((await readText(host, UFW)) ?? '')) return 'ufw: ENABLED=yes in /etc/ufw/ufw.conf'
  const { active } = await host.unit('firewalld')
  return active === 'active' || active === 'activating' ? `firewalld: its unit is ${active}` : null
}

const place = ({ family, table, name }: ForeignChain): string => `table ${family} ${table}, chain ${name}`

const byChains = async (host: HostReader): Promise<string | null> => {
  const chains = foreignChains(await output(host, 'nft', ['-j', 'list', 'chains']))
  const closed = chains.find(({ policy }) => policy === 'drop')
  if (closed !== undefined) return `nftables: ${place(closed)} has policy drop`
  for (const chain of chains) {
    if (dropsAll(await output(host, 'nft', ['-j', 'list', 'chain', chain.family, chain.table, chain.name]))) return `nftables: ${place(chain)} drops whatever reaches its end`
  }
  return null
}

const byTables = async (host: HostReader, tools: readonly ReadTool[], args: readonly string[]): Promise<string | null> => {
  for (const tool of tools) {
    const line = droppingLine(await output(host, tool, args))
    if (line !== null) return `${tool}: ${line}`
  }
  return null
}

/** Rules of the older interface of the kernel, which nft does not see; k3s's own are no firewall. */
const byLegacy = async (host: HostReader): Promise<string | null> => {
  for (const [names, tool] of LEGACY) {
    if (((await readText(host, absolutePath(names))) ?? '').trim() === '') continue
    if (!(await host.hasTool(tool))) return `legacy iptables: ${names} is not empty, and ${tool} is missing to read it`
    const found = await byTables(host, [tool], [])
    if (found !== null) return found
  }
  return null
}

/** Another firewall that decides what comes in, with the evidence; null where none does. Runs some programs: about 50 ms. */
export const readInCharge = async (host: HostReader): Promise<string | null> => {
  const found = (await frontEnd(host)) ?? (await byChains(host)) ?? (await byTables(host, ['iptables-save', 'ip6tables-save'], ['-t', 'filter'])) ?? (await byLegacy(host))
  return found?.slice(0, 400) ?? null
}
