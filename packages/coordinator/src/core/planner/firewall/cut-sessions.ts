import { admits, canonicalAddress, type Ruleset } from '@drover/protocol'
import type { Member } from '../members.ts'

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

/** The SSH sessions open on a host that its rules would not let in, each as `peer to port`; those of interfaces that no rule looks at are left alone. */
export const cutSessions = ({ host, facts }: Pick<Member, 'host' | 'facts'>, ruleset: Ruleset): readonly string[] => {
  const free = new Set((host.measured?.value.addresses ?? []).filter(({ iface }) => !ruleset.guarded.includes(iface)).map(({ ip }) => canonicalAddress(ip)))
  const isGuarded = (local: string): boolean => !isLoopback(local) && !free.has(canonicalAddress(local))
  const cut = facts.firewall.ssh.filter(({ local, port, peer }) => isGuarded(local) && !admits(ruleset, { from: peer, proto: 'tcp', port }))
  return [...new Set(cut.map(({ peer, port }) => `${peer} to port ${String(port)}`))]
}
