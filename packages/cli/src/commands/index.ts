import type { CliCommand } from '../command.ts'
import { apply, plan } from './apply.ts'
import { approve } from './approve.ts'
import { artifacts } from './artifacts.ts'
import { completeWords, completion } from './completion.ts'
import { describe } from './describe.ts'
import { get } from './get.ts'
import { init, login } from './init.ts'
import { installLine } from './install-line.ts'
import { kubeconfig } from './kubeconfig.ts'
import { logs } from './logs.ts'
import { deleteCluster, remove } from './remove.ts'
import { restore } from './restore.ts'
import { snapshot } from './snapshot.ts'
import { status } from './status.ts'
import { cancel, retry } from './steer.ts'

/** Every verb, in the order of the help. */
export const COMMANDS: readonly CliCommand[] = [
  init, login, installLine, get, describe, plan, apply, approve, status, cancel, retry, kubeconfig, snapshot, restore, logs, artifacts, remove, deleteCluster,
  completion, completeWords,
]
