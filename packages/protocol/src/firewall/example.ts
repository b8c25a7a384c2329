import type { Ruleset } from './ruleset.ts'

/** Rules of a small cluster: admins reach SSH and the API, nodes what k3s needs. */
export const EXAMPLE_RULESET: Ruleset = {
  guarded: ['eth0'],
  nodes: ['10.0.0.11', '10.0.0.12'],
  servers: ['10.0.0.11'],
  admins: ['10.0.0.2/32'],
  admit: [
    { from: 'admins', proto: 'tcp', ports: [22, 6443] },
    { from: 'nodes', proto: 'tcp', ports: [6443, 10_250] },
    { from: 'nodes', proto: 'udp', ports: [8472] },
  ],
  overlay: ['10.42.0.0/15'],
}
