import { parseArgs } from 'node:util'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingForLab } from '../lab/requirements.ts'
import { openDroverLab } from '../lab/drover/drover-lab.ts'
import { k3sBinaryOrRelease } from '../lab/drover/k3s-binary.ts'
import { bringUp } from './bring-up.ts'
import { createClock } from './clock.ts'
import { closePorts } from './close-ports.ts'
import { goBack } from './go-back.ts'
import { print, title } from './print.ts'
import type { Stage } from './stage.ts'

const HELP = `npm run demo [-- --keep]
Boots two bare lab hosts, starts a coordinator, enrols the hosts by the printed line, applies deploy/examples/small.yaml
and uses the kubeconfig; closes the ports, as a stranger sees it before and after; takes a snapshot, deletes something and
restores it. Ends by itself and leaves nothing behind; --keep leaves the cluster and says how to go on.
`
const story = async (stage: Stage): Promise<void> => {
  await bringUp(stage)
  await closePorts(stage)
  await goBack(stage)
}

const demo = async (keep: boolean): Promise<void> => {
  const work = mkdtempSync(join(tmpdir(), 'drover-demo-'))
  const k3s = await k3sBinaryOrRelease(work)
  print(`Drover demo on ${k3s.words}`)
  const clock = createClock()
  const drover = await clock.time('lab and coordinator up', () => openDroverLab({ name: 'demo', hosts: ['node-1', 'node-2'], isReal: k3s.isReal, say: print }))
  try {
    const [server, worker] = drover.lab.hosts()
    if (server === undefined || worker === undefined) throw new Error('two hosts were expected')
    await story({ drover, k3s, clock, server, worker })
    title('Measured')
    print(clock.table())
    if (keep) {
      print(`The cluster goes on. The CLI as the admin has it:\n  ${drover.keep()}`)
      print('Take everything down with: npm run lab -- --lab demo down')
    }
  } finally {
    if (!keep) {
      const left = await drover.close()
      print(`Left behind: ${JSON.stringify(left)}`)
    }
    rmSync(work, { recursive: true, force: true })
  }
  print(`Drover demo: done, on ${k3s.words}`)
}

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
if (values.help) print(HELP)
else {
  const missing = missingForLab()
  if (missing.length > 0) {
    print('The demo boots real systemd hosts; this machine lacks for that:')
    for (const { what, how } of missing) print(`  ${what}: ${how}`)
    process.exitCode = 1
  } else await demo(values.keep)
}
