import { admits, canonicalAddress, type Ruleset, type SshSession, type StepParams } from '@drover/protocol'
import { parseIpAddr } from '../core/parse/ip-addr.ts'
import type { HostReader } from '../host/host.ts'
import { readSshPorts, readSshSessions } from './read-ssh-sessions.ts'

/** Addresses of interfaces that no rule looks at. */
const freeAddresses = async (host: HostReader, guarded: readonly string[]): Promise<ReadonlySet<string>> => {
  const { stdout } = await host.read('ip', ['-j', '-d', 'addr'])
  const links = parseIpAddr(stdout).filter(({ name }) => !guarded.includes(name))
  return new Set(links.flatMap(({ addresses }) => addresses.map(({ ip }) => canonicalAddress(ip))))
}

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

const said = ({ peer, port }: SshSession): string => `the SSH session from ${peer} to port ${String(port)} is open now, and the rules would not let it in`

/** What these rules would cut off on paper: an SSH session that is open now, or a port that witnesses are to reach; null: nothing. */
export const wouldCutOff = async (host: HostReader, ruleset: Ruleset, keep: StepParams<'firewall.stage'>['keep']): Promise<string | null> => {
  const closed = keep.find(({ port }) => !ruleset.admit.some((one) => admits({ ...ruleset, admit: [{ ...one, from: 'anyone' }] }, { from: '0.0.0.0', proto: 'tcp', port })))
  if (closed !== undefined) return `tcp/${String(closed.port)} must stay reachable, and the rules let nobody in there`
  const sessions = await readSshSessions(host, await readSshPorts(host))
  if (sessions.length === 0) return null
  const free = await freeAddresses(host, ruleset.guarded)
  const isGuarded = ({ local }: SshSession): boolean => !isLoopback(local) && !free.has(canonicalAddress(local))
  const cut = sessions.find((session) => isGuarded(session) && !admits(ruleset, { from: session.peer, proto: 'tcp', port: session.port }))
  return cut === undefined ? null : said(cut)
}
