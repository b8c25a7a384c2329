import { compareVersions, datastoreOf, ETCD_PORTS, type Finding, type Measured, type PlanInput, type Role, type Said, say } from '@drover/protocol'
import { optionsFor } from '../../spec/options.ts'
import { finding } from '../finding.ts'
import type { Member } from '../members.ts'

/**
 * Below `least` k3s does not live long: its binary unpacks to a few hundred MB and the kubelet evicts pods on a full disk;
 * below `good` there is little room for images.
 */
export const DISK_MB = { least: 2_048, good: 10_240 } as const
/** What the k3s requirements page asks for. */
export const MEMORY_MB: Readonly<Record<Role, number>> = { server: 2_048, agent: 512 }
/** Beyond `fatal` certificates made on one host may not be valid yet on another; beyond `note` logs and leases mislead. */
export const CLOCK_MS = { note: 30_000, fatal: 300_000 } as const
/** A datastore whose fsync takes longer (p99) makes the API server slow. */
export const FSYNC_US = 10_000

const both = ['tcp/6444', 'tcp/10010', 'tcp/10248', 'tcp/10249', 'tcp/10250', 'tcp/10256', 'udp/8472']
const serverOnly = ['tcp/6443', 'tcp/10257', 'tcp/10258', 'tcp/10259']

const etcdOnly = Object.values(ETCD_PORTS).map((port) => `tcp/${String(port)}`)

const isNeeded = (port: string, role: Role, datastore: 'sqlite' | 'etcd'): boolean => {
  const bare = port.split(' ')[0] ?? ''
  return both.includes(bare) || (role === 'server' && (serverOnly.includes(bare) || (datastore === 'etcd' && etcdOnly.includes(bare))))
}

type Judged = { readonly input: PlanInput; readonly member: Member; readonly measured: Measured }
type Judge = (of: Judged) => readonly (readonly [Finding['level'], Said])[]

const judgePorts: Judge = ({ input, member, measured }) =>
  measured.usedPorts
    .filter((port) => isNeeded(port, member.role, datastoreOf(input.spec)))
    .map((port) => ['fatal', say('finding.used-port', { host: member.host.name, port })])

const judgeDisk: Judge = ({ member, measured: { diskFreeMb: free } }) => {
  if (free >= DISK_MB.good) return []
  const [level, need] = free < DISK_MB.least ? (['fatal', DISK_MB.least] as const) : (['note', DISK_MB.good] as const)
  return [[level, say('finding.disk', { host: member.host.name, free, need })]]
}

const judgeMemory: Judge = ({ member: { host, role }, measured: { memoryMb: have } }) =>
  have < MEMORY_MB[role] ? [['note', say('finding.memory', { host: host.name, have, role, need: MEMORY_MB[role] })]] : []

const judgeClock: Judge = ({ member: { host }, measured: { clockOffsetMs: offset } }) => {
  const off = Math.abs(offset)
  if (off <= CLOCK_MS.note) return []
  return [[off > CLOCK_MS.fatal ? 'fatal' : 'note', say('finding.clock', { host: host.name, offset })]]
}

const judgeFsync: Judge = ({ member: { host, role }, measured: { fsyncP99Us: us } }) =>
  role === 'server' && us !== null && us > FSYNC_US ? [['note', say('finding.latency', { host: host.name, us })]] : []

const judgeCgroup: Judge = ({ input, member: { host, role }, measured }) => {
  if (measured.cgroup === 'v2') return []
  const told = [optionsFor(input.spec, role)['kubelet-arg'] ?? []].flat().includes('fail-cgroupv1=false')
  const refuses = compareVersions(input.spec.k3s.version, 'v1.35.0+k3s0') >= 0 && !told
  return refuses ? [['note', say('finding.cgroup', { host: host.name })]] : []
}

const JUDGES: readonly Judge[] = [judgePorts, judgeDisk, judgeMemory, judgeClock, judgeFsync, judgeCgroup]

/** Whether the machine can carry its role; asked only until k3s is started on it, since afterwards k3s itself holds ports and disk. */
export const findHostFit = (input: PlanInput, member: Member): readonly Finding[] => {
  const measured = member.host.measured?.value
  const { k3s } = member.facts
  if (measured === undefined || (k3s !== null && (k3s.wasActive || k3s.state !== 'stopped'))) return []
  return JUDGES.flatMap((judge) => judge({ input, member, measured })).map(([level, said]) => finding(level, said, [member.id]))
}
