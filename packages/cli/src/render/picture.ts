import { type Cluster, type OrderShown, render, type RunShown, type WaitShown } from '@drover/protocol'
import { cleanLine } from '../clean-text.ts'
import { toleranceText } from './etcd.ts'
import { findingText } from './finding.ts'
import { isRunning, lastAttempts } from './run-orders.ts'
import { stepsDone } from './steps-done.ts'
import { span, table } from './table.ts'

/** What a watch looks at: a cluster and its open or last run. */
export type Sight = { readonly cluster: Cluster; readonly run: RunShown | null }

/** How long ago a moment (ms) was, in words; a picture that is to be compared with another one leaves ages out. */
export type Age = (at: number) => string

/** Ages as people read them, from a moment on. */
export const ageFrom = (now: number): Age => (at) => span(now - at)

type Member = Cluster['members'][number]

/** One line of the part about hosts: whose it is, and its cells. */
export type HostLine = { readonly host: string; readonly cells: readonly string[] }

const memberOf = ({ etcd }: Cluster, host: string): string => {
  const found = etcd?.members.find((member) => member.host === host)
  if (found === undefined) return '-'
  const part = found.leader ? `${found.member}, leads` : found.member
  return found.healthy === true ? part : `${part}, ${found.healthy === null ? 'not heard' : 'not healthy'}`
}

const workText = (order: OrderShown, age: Age): string => {
  const detail = order.detail === '' ? '' : `: ${order.detail}`
  const again = order.attempt > 1 ? `, attempt ${String(order.attempt)}` : ''
  return cleanLine(`${render(order.does)}: ${order.state} for ${age(order.createdAt)}${again}${detail}`)
}

const waitText = (wait: WaitShown, age: Age): string => {
  const since = wait.since === null ? '' : ` for ${age(wait.since)}`
  return cleanLine(`WAIT ${render(wait.reason)}${since}, ends when ${render(wait.endsWhen)}, gives up at ${span(wait.limitMs)}`)
}

const restText = (member: Member, age: Age): string => {
  if (!member.online) return member.seenAt === null ? 'away, never seen' : `away, last seen ${age(member.seenAt)} ago`
  return member.k3s === 'active' ? 'at rest' : `k3s ${member.k3s}`
}

const isOrderWait = ({ key }: WaitShown): boolean => key.startsWith('order@')

/** The waits of the run while it goes on, else what the cluster itself waits for. */
const waitsOf = ({ cluster, run }: Sight): readonly WaitShown[] => (run !== null && isRunning(run) ? run.waits : cluster.waits).filter((wait) => !isOrderWait(wait))

const doings = (sight: Sight, member: Member, age: Age): readonly string[] => {
  const orders = sight.run === null || sight.run.state === 'done' ? [] : lastAttempts(sight.run.orders).filter((order) => order.host === member.host && order.state !== 'done')
  const waits = waitsOf(sight).filter((wait) => wait.on.includes(member.host))
  const found = [...orders.map((order) => workText(order, age)), ...waits.map((wait) => waitText(wait, age))]
  return found.length === 0 ? [restText(member, age)] : found
}

/** The columns of the part about hosts; only etcd has members. */
export const hostHead = ({ etcd }: Cluster): readonly string[] => ['HOST', 'ROLE', 'NODE', ...(etcd === null ? [] : ['MEMBER']), 'NOW']

/** For each host what runs there, or what is waited for with what ends it; further things on lines of their own below it. */
export const hostLines = (sight: Sight, age: Age): readonly HostLine[] =>
  sight.cluster.members.flatMap((member) => {
    const { host, role, node } = member
    const cells = [host, role, node, ...(sight.cluster.etcd === null ? [] : [memberOf(sight.cluster, host)])]
    return doings(sight, member, age).map((now, at): HostLine => ({ host, cells: [...(at === 0 ? cells : cells.map(() => '')), now] }))
  })

const runLine = (run: RunShown | null, age: Age): string => {
  if (run === null) return 'No run yet.'
  const ended = run.endedAt === null ? `for ${age(run.startedAt)}` : `${age(run.endedAt)} ago`
  return `Run ${run.id}   ${run.state} ${ended}   ${String(stepsDone(run))} of ${String(run.planned)} steps`
}

const saidLines = (run: RunShown | null): readonly string[] => (run === null || run.said === null ? [] : [cleanLine(`  ${render(run.said)}`), `  go on with: drover retry ${run.id}`])

/** What is said of the cluster as a whole: its API, its run, what of etcd may be lost, findings, a forecast that waits. */
export const clusterLines = ({ cluster, run }: Sight, age: Age): readonly string[] => [
  `Cluster ${cluster.name}   API ${cluster.api}   ${cluster.apiEndpoint ?? ''}`,
  runLine(run, age),
  ...saidLines(run),
  ...(cluster.etcd === null ? [] : [toleranceText(cluster.etcd).trimEnd()]),
  ...cluster.findings.flatMap((finding) => findingText(finding).split('\n').map(cleanLine)),
  ...(cluster.pending === null ? [] : [`Forecast ${cluster.pending} waits for approval: drover approve ${cluster.pending}`]),
]

/** The whole picture of a cluster, row by row. */
export const pictureRows = (sight: Sight, now: number): readonly string[] => {
  const age = ageFrom(now)
  const hosts = table(hostHead(sight.cluster), hostLines(sight, age).map(({ cells }) => cells))
  return [...clusterLines(sight, age).map(cleanLine), '', ...hosts.trimEnd().split('\n')]
}
