import { ETCD_PORTS, type Role } from '@drover/protocol'

/** TCP ports that a role itself opens right at its start and that make it fail where something else holds them. */
const PORTS: Readonly<Record<Role, readonly number[]>> = {
  server: [6443, 6444, 10248, 10249, 10250, 10256, 10257, 10258, 10259],
  agent: [6444, 10248, 10249, 10250, 10256],
}

/** A server has an etcd of its own where it makes a cluster of several or joins one. */
const isMember = (role: Role, keys: readonly string[]): boolean => role === 'server' && (keys.includes('cluster-init') || keys.includes('server'))

/** Ports of a role by the keys of its config, without those that the config moves elsewhere. */
export const ownPorts = (role: Role, configKeys: readonly string[]): readonly number[] => {
  const moved = (port: number): boolean => (port === 6443 && configKeys.includes('https-listen-port')) || (port === 6444 && configKeys.includes('lb-server-port'))
  return [...PORTS[role].filter((port) => !moved(port)), ...(isMember(role, configKeys) ? Object.values(ETCD_PORTS) : [])]
}
