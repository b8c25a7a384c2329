import { DroverError } from '@drover/protocol'
import { readUnit, runTool } from '../host/real/systemd.ts'
import type { AttemptId } from './journal.ts'

/** Starts the child that carries an order out and tells whether it is still there; it outlives the agent. */
export type Launcher = {
  readonly start: (id: AttemptId, limitMs: number) => Promise<void>
  readonly isRunning: (id: AttemptId) => Promise<boolean>
}

/** The name of an attempt's transient unit. */
export const stepUnit = (id: AttemptId): string => `drover-step-${id.order}-${String(id.attempt)}`

const PROPERTIES = ['Type=exec', 'KillMode=control-group', 'WorkingDirectory=/', 'UMask=0077', 'LimitCORE=0', 'OOMPolicy=stop'] as const

/** Runs steps as transient systemd units; `command` is the child's program and first arguments, such as node and the bundle. */
export const createUnitLauncher = (command: readonly string[]): Launcher => ({
  start: async (id, limitMs) => {
    const limit = `RuntimeMaxSec=${String(Math.ceil(limitMs / 1000))}`
    const properties = [...PROPERTIES, limit].map((property) => `--property=${property}`)
    const child = [...command, 'run-step', id.order, String(id.attempt)]
    const args = [`--unit=${stepUnit(id)}`, '--collect', '--quiet', '--service-type=exec', ...properties, '--', ...child]
    const ran = await runTool('systemd-run', args)
    if (ran.code !== 0) throw new DroverError('step.tool', 'systemd-run failed', { evidence: ran.stderr })
  },
  isRunning: async (id) => ['active', 'activating', 'deactivating', 'reloading'].includes((await readUnit(stepUnit(id))).active),
})
