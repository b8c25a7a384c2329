import type { Ms } from '../ids.ts'

/** How often a leader says that it is there, and how long its followers wait for that before they elect another. */
export type EtcdTiming = { readonly heartbeatMs: Ms; readonly electionMs: Ms }

/** What k3s itself starts its etcd with: made for slow disks and hosts far apart. */
export const K3S_ETCD_TIMING: EtcdTiming = { heartbeatMs: 500, electionMs: 5_000 }

/** The values of `etcd-arg` for a timing: they win over k3s's own. The same on all members. */
export const etcdArgs = ({ heartbeatMs, electionMs }: EtcdTiming): string[] => [`heartbeat-interval=${String(heartbeatMs)}`, `election-timeout=${String(electionMs)}`]

/** TCP ports of a server whose datastore is etcd: clients, peers, metrics and health, the HTTP gateway (the last two on loopback alone). */
export const ETCD_PORTS = { client: 2_379, peer: 2_380, metrics: 2_381, gateway: 2_382 } as const

/** How many voters have to agree: more than half of them. */
export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1

/** How many of so many voters may be lost before nothing can be written. */
export const toleratedBy = (voters: number): number => Math.max(0, voters - quorumOf(voters))
