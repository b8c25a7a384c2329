import process from 'node:process'
import type { OrderReport } from '@drover/protocol'
import { hostIdOf, type VerifyKey } from '@drover/protocol/node'
import type { HostWriter } from '../host/host.ts'
import type { Orders } from '../resident/orders.ts'
import { createExecutor, type Executor } from '../runner/executor.ts'
import { readFences } from '../runner/fences.ts'
import { readHead } from '../runner/journal-head.ts'
import { createUnitLauncher } from '../runner/launch.ts'
import { createScheduler, type Scheduler } from '../schedule/scheduler.ts'
import { createDueByChild } from './due-by-child.ts'

/** What the resident process gives to the executor; `program` is the file whose `run-step` carries an order out. */
export type OrdersOptions = {
  readonly host: HostWriter
  readonly nodeKey: Uint8Array
  readonly coordinator: VerifyKey
  readonly journals: string
  readonly program: string
  readonly serverNow: () => number | null
  readonly onReport: (report: OrderReport) => void
  readonly log: (line: string) => void
}

const executorOf = (options: OrdersOptions): Executor =>
  createExecutor({
    dir: options.journals,
    host: options.host,
    hostId: hostIdOf(options.nodeKey),
    coordinatorKey: () => options.coordinator,
    serverNow: options.serverNow,
    launcher: createUnitLauncher(options.host, [process.execPath, options.program]),
    onReport: options.onReport,
    onTrouble: options.log,
  })

const schedulerOf = ({ host, nodeKey, program, log }: OrdersOptions, { fire, tried }: Executor): Scheduler =>
  createScheduler({ host, ask: createDueByChild(program, hostIdOf(nodeKey)), fire, tried, now: Date.now, onTrouble: log })

const isEnd = (report: OrderReport): boolean => report.state === 'done' || report.state === 'failed'

/**
 * The executor as the resident process sees it: one journal per order, each step a transient unit of the program that it
 * names. Beside the coordinator's orders it gets those that the host's own schedules fire.
 */
export const createOrders = (options: OrdersOptions): Orders => {
  const onReport = (report: OrderReport): void => {
    options.onReport(report)
    if (isEnd(report)) scheduler.ended(report)
  }
  const executor = executorOf({ ...options, onReport })
  const scheduler = schedulerOf(options, executor)
  return {
    submit: executor.submit,
    acknowledge: async (report) => executor.acknowledge(report.order, report.attempt),
    pending: executor.pending,
    open: executor.open,
    start: async () => {
      executor.start()
      scheduler.start()
    },
    stop: () => {
      scheduler.stop()
      executor.stop()
    },
    journalHead: () => readHead(options.host),
    maxEpochSeen: async () => (await readFences(options.host)).epoch,
  }
}
