import { DroverError } from '@drover/protocol'
import type { HostWriter } from '../host/host.ts'
import type { AttemptId } from './journal.ts'

/** Starts the child that carries an order out and tells whether it is still there; it outlives the agent. */
export type Launcher = {
  readonly start: (id: AttemptId, limitMs: number) => Promise<void>
  readonly isRunning: (id: AttemptId) => Promise<boolean>
}

/** The name of an attempt's transient unit. */
export const stepUnit = (id: AttemptId): string => `drover-step-${id.order}-${String(id.attempt)}`

const PROPERTIES = ['KillMode=control-group', 'WorkingDirectory=/', 'UMask=0077', 'LimitCORE=0', 'OOMPolicy=stop'] as const
/** Any other state, also one of a later systemd, means that something of it may still run. */
const GONE: ReadonlySet<string> = new Set(['inactive', 'failed'])

/** Runs steps as transient systemd units; `command` is the child's program and first arguments, such as node and children.cjs. */
export const createUnitLauncher = (host: Pick<HostWriter, 'change' | 'unit'>, command: readonly string[]): Launcher => ({
  start: async (id, limitMs) => {
    const properties = [...PROPERTIES, `RuntimeMaxSec=${String(Math.ceil(limitMs / 1000))}`].map((property) => `--property=${property}`)
    const args = [`--unit=${stepUnit(id)}`, '--collect', '--quiet', '--service-type=exec', ...properties, '--', ...command]
    const ran = await host.change('systemd-run', [...args, 'run-step', id.order, String(id.attempt)])
    if (ran.code !== 0) throw new DroverError('step.tool', 'systemd-run failed', { evidence: ran.stderr })
  },
  isRunning: async (id) => !GONE.has((await host.unit(stepUnit(id))).active),
})
