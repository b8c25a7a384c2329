import process from 'node:process'
import { readConfig } from '../config.ts'
import { createRealHost } from '../host/real/real-host.ts'
import { readNodeKeys } from '../resident/node-keys.ts'
import { attemptOfArguments, runJournaled } from '../runner/main-run-step.ts'
import { type AgentPaths, PATHS } from './paths.ts'

/** Carries one journaled order out on this host (`run-step ORDER-ID ATTEMPT`); exit code 0 once the journal has its end. */
export const runStep = async (args: readonly string[], paths: AgentPaths = PATHS): Promise<number> => {
  const id = attemptOfArguments(args)
  await runJournaled(id, {
    dir: `${paths.state}/journal`,
    host: createRealHost,
    coordinatorKey: async () => readConfig(paths.config).coordinator,
    sealKey: async () => readNodeKeys(`${paths.state}/keys`).seal.secret,
  })
  // A verb whose time was over may still be under way: it must not go on changing the host after the end that was told.
  process.exit(0)
}
