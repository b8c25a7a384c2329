import type { Role } from '@drover/protocol'

/** TCP ports that a role itself opens right at its start and that make it fail where something else holds them. */
const PORTS: Readonly<Record<Role, readonly number[]>> = {
  server: [6443, 6444, 10248, 10249, 10250, 10256, 10257, 10258, 10259],
  agent: [6444, 10248, 10249, 10250, 10256],
}

/** Ports of a role, without those that its own config moves elsewhere. */
export const ownPorts = (role: Role, configKeys: readonly string[]): readonly number[] =>
  PORTS[role].filter((port) => !(port === 6443 && configKeys.includes('https-listen-port')) && !(port === 6444 && configKeys.includes('lb-server-port')))
