// children.cjs, what the resident agent starts for a short while: it is a file of its own, because V8 keeps the source of a
// file, and a note of each function in it, for as long as the process lives.
import { dispatch, VERSION } from './main/dispatch.ts'

const HELP = `drover-agent ${VERSION}, what the agent starts as a process of its own

  run-step ORDER-ID ATTEMPT  carry one journaled order out
  inventory [--fresh] [SECTION...]
                             print hardware, network and state of this host as one line of JSON
  due HOST-ID                print what the schedules of this host have due now as one line of JSON
  --version                  print the version
  --help                     print this
`

/** Each command loads only what it needs: what is not imported is not evaluated. */
dispatch(
  {
    'run-step': async (args) => (await import('./main/run-step.ts')).runStep(args),
    due: async (args) => (await import('./main/due.ts')).due(args),
    inventory: async (args) => (await import('./main/inventory.ts')).inventory(args),
  },
  HELP,
)
