import { datastoreOf, type EtcdTiming, type HostId, K3S_ETCD_TIMING, type Said, say, type Settled } from '@drover/protocol'
import { hasRun } from './has-run.ts'
import { pairsOf, slowestFsyncUs, slowestRttUs } from './server-links.ts'
import type { SettleInput } from './settle-input.ts'

/** Faster than this etcd itself does not want to be. */
const FASTEST: EtcdTiming = { heartbeatMs: 100, electionMs: 1_000 }

const upTo = (step: number, ms: number): number => Math.ceil(ms / step) * step

/** The timing that measurements carry, by etcd's own rule, in ms. */
const timingFor = (rttMs: number, fsyncMs: number): EtcdTiming => {
  const heartbeatMs = Math.max(FASTEST.heartbeatMs, upTo(10, rttMs))
  return { heartbeatMs, electionMs: Math.max(FASTEST.electionMs, 10 * heartbeatMs, upTo(100, 50 * fsyncMs)) }
}

const isSlower = (a: EtcdTiming, b: EtcdTiming): boolean => a.heartbeatMs > b.heartbeatMs || a.electionMs > b.electionMs

/** A timing with the reason for it. */
export type ChosenTiming = { readonly timing: EtcdTiming; readonly why: Said }

const args = ({ heartbeatMs, electionMs }: EtcdTiming): { readonly heartbeat: number; readonly election: number } => ({ heartbeat: heartbeatMs, election: electionMs })

const text = (us: number): string => (us / 1000).toFixed(1)

const chosen = (rttUs: number | null, fsyncUs: number): ChosenTiming => {
  const fsync = text(fsyncUs)
  const timing = timingFor((rttUs ?? 0) / 1000, fsyncUs / 1000)
  const wanted = args(timing)
  if (isSlower(timing, K3S_ETCD_TIMING)) return { timing: K3S_ETCD_TIMING, why: say('etcd.timing.slow', { ...args(K3S_ETCD_TIMING), rtt: text(rttUs ?? 0), fsync }) }
  return { timing, why: rttUs === null ? say('etcd.timing.alone', { ...wanted, fsync }) : say('etcd.timing.measured', { ...wanted, rtt: text(rttUs), fsync }) }
}

/** The timing that the chosen servers' links and disks carry now; k3s's own where one of them was not measured. */
export const measuredTiming = ({ view }: SettleInput, servers: readonly HostId[]): ChosenTiming => {
  const unmeasured = (what: string): ChosenTiming => ({ timing: K3S_ETCD_TIMING, why: say('etcd.timing.unmeasured', { ...args(K3S_ETCD_TIMING), what }) })
  const rttUs = slowestRttUs(view, servers)
  const fsyncUs = slowestFsyncUs(view, servers)
  if (pairsOf(servers).length > 0 && rttUs === null) return unmeasured('the round trip between some of the servers')
  return fsyncUs === null ? unmeasured("the fsync of some server's disk") : chosen(rttUs, fsyncUs)
}

const kept = (timing: EtcdTiming, { why }: Settled): ChosenTiming => ({
  timing,
  why: why.find(({ code }) => code.startsWith('etcd.timing')) ?? say('etcd.timing.kept', args(timing)),
})

/** Chooses etcd's timing once, from measurement; a cluster that has run keeps what it has. Null on SQLite. */
export const settleEtcd = (input: SettleInput, roles: Settled['roles']): ChosenTiming | null => {
  const { spec, previous } = input
  if (datastoreOf(spec) !== 'etcd') return null
  if (previous?.etcd !== undefined && hasRun(input, previous)) return kept(previous.etcd, previous)
  return measuredTiming(input, (Object.keys(roles) as HostId[]).filter((id) => roles[id] === 'server'))
}
