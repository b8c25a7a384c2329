// agent.cjs, the resident process. What it needs only now and then is in the file beside it, children.ts.
import { dispatch, VERSION } from './main/dispatch.ts'
import { run } from './main/run.ts'

const HELP = `drover-agent ${VERSION}

  run        keep the session with the coordinator (what drover-agent.service starts)
  --version  print the version
  --help     print this
`

dispatch({ run: () => run(VERSION) }, HELP)
