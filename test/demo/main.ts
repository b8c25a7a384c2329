import { parseArgs } from 'node:util'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../lab/host.ts'
import { missingForLab } from '../lab/requirements.ts'
import { openDroverLab } from '../lab/drover/drover-lab.ts'
import { k3sBinaryOrRelease } from '../lab/drover/k3s-binary.ts'
import { bringUp } from './bring-up.ts'
import { createClock } from './clock.ts'
import { closePorts } from './close-ports.ts'
import { goBack } from './go-back.ts'
import { grow } from './grow.ts'
import { loseServer } from './lose-server.ts'
import { print, title } from './print.ts'
import type { Stage } from './stage.ts'

type Chapter = (stage: Stage) => Promise<void>

/** What can be shown: how many servers and workers there are, and what happens to them. */
const STORIES: Readonly<Record<string, { readonly servers: number; readonly workers: number; readonly chapters: readonly Chapter[] }>> = {
  'three-servers': { servers: 3, workers: 2, chapters: [bringUp, grow, loseServer] },
  'two-hosts': { servers: 1, workers: 1, chapters: [bringUp, closePorts, goBack] },
}

const HELP = `npm run demo [-- --story NAME] [--keep]
Boots bare lab hosts, starts a coordinator, enrols the hosts by the printed line, and tells a story:
  three-servers  (default) deploy/examples/small.yaml makes a cluster of a server and a worker, grown.yaml makes three
                 servers and two workers of it; the server that leads loses its power, the API goes on, it comes back
  two-hosts      small.yaml; its ports are closed, as a stranger sees it before and after; a snapshot, an accident, a restore
Ends by itself and leaves nothing behind; --keep leaves the cluster and says how to go on.
`

/** Names of so many hosts from a number on. */
const namesFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, at) => `node-${String(first + at)}`)

const some = (hosts: readonly Host[]): readonly [Host, ...Host[]] => {
  const [first, ...others] = hosts
  if (first === undefined) throw new Error('a host was expected')
  return [first, ...others]
}

const demo = async (story: (typeof STORIES)[string], keep: boolean): Promise<void> => {
  const work = mkdtempSync(join(tmpdir(), 'drover-demo-'))
  const k3s = await k3sBinaryOrRelease(work)
  print(`Drover demo on ${k3s.words}`)
  const clock = createClock()
  const servers = namesFrom(1, story.servers)
  const workers = namesFrom(1 + story.servers, story.workers)
  const drover = await clock.time('lab and coordinator up', () => openDroverLab({ name: 'demo', hosts: [...servers, ...workers], isReal: k3s.isReal, say: print }))
  try {
    const hosts = (names: readonly string[]): readonly [Host, ...Host[]] => some(names.map((name) => drover.lab.host(name)))
    const stage = { drover, k3s, clock, servers: hosts(servers), workers: hosts(workers) }
    for (const chapter of story.chapters) await chapter(stage)
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

const { values } = parseArgs({ options: { story: { type: 'string', default: 'three-servers' }, keep: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
const story = STORIES[values.story]
if (values.help) print(HELP)
else if (story === undefined) {
  print(`There is no story ${JSON.stringify(values.story)}.\n${HELP}`)
  process.exitCode = 2
} else {
  const missing = missingForLab()
  if (missing.length > 0) {
    print('The demo boots real systemd hosts; this machine lacks for that:')
    for (const { what, how } of missing) print(`  ${what}: ${how}`)
    process.exitCode = 1
  } else await demo(story, values.keep)
}
