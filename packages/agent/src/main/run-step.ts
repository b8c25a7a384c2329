import { DROVER } from '@drover/protocol'
import { readConfig } from '../config.ts'
import { createRealHost } from '../host/real/real-host.ts'
import { readNodeKeys } from '../resident/node-keys.ts'
import { attemptOfArguments, runJournaled } from '../runner/main-run-step.ts'

/** Carries one journaled order out on this host (`run-step ORDER-ID ATTEMPT`); exit code 0 once the journal has its end. */
export const runStepMain = async (args: readonly string[]): Promise<number> => {
  const id = attemptOfArguments(args)
  await runJournaled(id, {
    dir: `${DROVER.state}/journal`,
    host: createRealHost(),
    coordinatorKey: async () => readConfig('/etc/drover/agent.json').coordinator,
    sealKey: async () => readNodeKeys(`${DROVER.state}/keys`).seal.secret,
    now: () => performance.now(),
  })
  return 0
}
