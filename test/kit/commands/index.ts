import { approveCommand } from './approve-command.ts'
import { askCommand } from './ask-command.ts'
import { cancelCommand } from './cancel-command.ts'
import type { Command } from './command.ts'
import { configCommand } from './config-command.ts'
import { coordinatorCommand } from './coordinator-command.ts'
import { failCommand } from './fail-command.ts'
import { hostCommand } from './host-command.ts'
import { planCommand } from './plan-command.ts'
import { retryCommand } from './retry-command.ts'
import { runCommand } from './run-command.ts'
import { sleepCommand } from './sleep-command.ts'
import { specCommand } from './spec-command.ts'
import { statusCommand } from './status-command.ts'

/** Every command that a scenario may use. */
export const COMMANDS: readonly Command[] = [
  hostCommand,
  coordinatorCommand,
  specCommand,
  approveCommand,
  runCommand,
  sleepCommand,
  planCommand,
  askCommand,
  failCommand,
  cancelCommand,
  retryCommand,
  configCommand,
  statusCommand,
]
