import { type Cluster, nextStep, type OrderShown, render, type RunShown, type WaitShown } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { findingText } from './finding.ts'
import { lastAttempts } from './run-orders.ts'
import { stepsDone } from './steps-done.ts'
import { span, table } from './table.ts'

/** One cluster's state for people, every wait explained. `run` is its open or last run. */
export const statusText = (cluster: Cluster, run: RunShown | null, now: number): string =>
  cleanText(
    [
      `Cluster ${cluster.name}   API ${cluster.api}   ${cluster.apiEndpoint ?? ''}   revision ${String(cluster.revision)}\n`,
      table(
        ['HOST', 'ROLE', 'ADDRESS', 'AGENT', 'K3S', 'NODE', 'FIREWALL', 'VERSION', 'SEEN'],
        cluster.members.map((member) => [
          member.host,
          member.role,
          member.ip,
          member.online ? 'connected' : 'away',
          member.k3s,
          member.node,
          member.firewall,
          member.version ?? '-',
          member.seenAt === null ? 'never' : `${span(now - member.seenAt)} ago${member.stale ? ' (stale)' : ''}`,
        ]),
      ),
      run === null ? 'No run yet.\n' : runText(run, now),
      cluster.findings.map((finding) => `${findingText(finding)}\n`).join(''),
      cluster.pending === null ? '' : `Forecast ${cluster.pending} waits for approval: drover approve ${cluster.pending}\n`,
    ]
      .filter((part) => part !== '')
      .join('\n'),
  )

/** A run's state, its orders that are not done, and its waits. */
export const runText = (run: RunShown, now: number): string => {
  const took = span((run.endedAt ?? now) - run.startedAt)
  const head = `Run ${run.id}   ${run.state}   ${String(stepsDone(run))} of ${String(run.planned)} steps   ${took}\n`
  const said = run.said === null ? '' : saidText(run.said, run.id)
  const left = lastAttempts(run.orders).filter((order) => order.state !== 'done')
  const last = left.findLast((order) => order.state === 'failed')
  const orders = left.map((order) => `${orderText(order, now)}${order === last ? evidenceText(order) : ''}`)
  return `${head}${said}${orders.join('')}${run.waits.map((wait) => waitLine(wait, now)).join('')}`
}

const saidText = (said: NonNullable<RunShown['said']>, run: string): string => {
  const next = nextStep(said)
  return `  ${render(said)}\n${next === null ? '' : `  next: ${next}\n`}  go on with: drover retry ${run}\n`
}

/** One order on a line: what, where, how far, and the remedy where it failed. */
export const orderText = (order: OrderShown, now: number): string => {
  const took = span((order.endedAt ?? now) - order.createdAt)
  const detail = `${order.attempt > 1 ? `, attempt ${String(order.attempt)}` : ''}${order.detail === '' ? '' : `: ${order.detail}`}`
  const remedy = order.remedy === null ? '' : `\n       ${order.remedy}`
  return `  ${order.host}  ${render(order.does)}  ${order.state}, ${took}${detail}${remedy}\n`
}

const EVIDENCE_LINES = 8

/** The last lines of what came back from the step that failed last. */
const evidenceText = ({ evidence }: OrderShown): string => {
  const lines = evidence.split('\n').filter((line) => line.trim() !== '').slice(-EVIDENCE_LINES)
  return lines.map((line) => `       | ${line}\n`).join('')
}

/** One wait on a line: what, since when, what ends it, when it gives up. */
export const waitLine = (wait: WaitShown, now: number): string => {
  const since = wait.since === null ? '' : `, ${span(now - wait.since)}`
  return `  WAIT ${wait.on.join(', ')}: ${render(wait.reason)}${since}, ends when ${render(wait.endsWhen)}, gives up at ${span(wait.limitMs)}\n`
}
