import { setPriority } from 'node:os'
import process from 'node:process'
import { DROVER, K3S, type SectionName } from '@drover/protocol'
import { createRealHost } from '../host/real/real-host.ts'
import { collectInventory, isSectionName } from '../inventory/collect.ts'

/** Prints the named sections (all, where none is named) as one line of JSON; exit code 2 for a name that is none. */
export const inventory = async (args: readonly string[]): Promise<number> => {
  const names = args.filter((arg) => arg !== '--fresh')
  const strange = names.find((name) => !isSectionName(name))
  if (strange !== undefined) {
    process.stderr.write(`drover-agent: no section is called ${JSON.stringify(strange)}\n`)
    return 2
  }
  setPriority(10)
  const line = await collectInventory(names.filter((name): name is SectionName => isSectionName(name)), {
    host: createRealHost(),
    data: K3S.data,
    state: DROVER.state,
    now: Date.now,
    fresh: args.includes('--fresh'),
  })
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve()))
  // A program that hangs behind a question that was given up must not keep this process.
  process.exit(0)
}
