import { parseArgs } from 'node:util'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingForLab } from '../lab/requirements.ts'
import { createClock } from './clock.ts'
import { openDroverLab, type DroverLab } from '../lab/drover/drover-lab.ts'
import { k3sBinaryOrRelease, type K3sBinary } from '../lab/drover/k3s-binary.ts'

const HELP = `npm run demo [-- --keep]
Boots two bare lab hosts, starts a coordinator, enrols the hosts by the printed line, applies deploy/examples/small.yaml
and uses the kubeconfig. Ends by itself and leaves nothing behind; --keep leaves the cluster and says how to go on.
`
const example = fileURLToPath(new URL('../../deploy/examples/small.yaml', import.meta.url))
const print = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
const title = (text: string): void => print(`\n── ${text}`)

const story = async (drover: DroverLab, k3s: K3sBinary, clock: ReturnType<typeof createClock>): Promise<void> => {
  const [one, two] = drover.lab.hosts()
  if (one === undefined || two === undefined) throw new Error('two hosts were expected')
  title('The coordinator is up; its cache gets the k3s binary')
  print(await drover.must(['artifacts', 'import', k3s.path, '--version', k3s.version]))
  title('One line for each role, pasted on the hosts')
  for (const [host, role] of [[one, 'server'], [two, 'worker']] as const) {
    const line = (await drover.must(['install-line', '--quiet', '--label', `role=${role}`])).trim()
    print(`${host.name}# ${line.replace(/drvj1_\S+/, 'drvj1_…')}`)
    const done = await clock.time(`${host.name} enrolled`, () => drover.enrol(host, line))
    print(done.stdout)
    if (done.code !== 0) throw new Error(`the install line failed on ${host.name}: ${done.stderr}`)
  }
  await awaitInventory(drover)
  title('drover get hosts -o wide')
  print(await drover.must(['get', 'hosts', '-o', 'wide']))
  title('drover apply -f deploy/examples/small.yaml')
  const spec = join(drover.place, 'small.yaml')
  writeFileSync(spec, readFileSync(example, 'utf8').replaceAll('v1.36.2+k3s1', k3s.version))
  const apply = await clock.time('two hosts to Ready', () => drover.drover(['apply', '-f', spec, '--yes', '--wait'], { timeoutMs: 900_000 }))
  print(apply.stdout)
  if (apply.code !== 0) throw new Error(`drover apply: exit ${String(apply.code)}: ${apply.stderr}`)
  title('drover status')
  print(await drover.must(['status']))
  title('drover kubeconfig home > home.yaml; kubectl --kubeconfig home.yaml get nodes')
  const kubeconfig = join(drover.place, 'home.yaml')
  writeFileSync(kubeconfig, await clock.time('kubeconfig', () => drover.must(['kubeconfig', 'home'])), { mode: 0o600 })
  print(await kubectl(drover, k3s, ['--kubeconfig', kubeconfig, 'get', 'nodes']))
}

const PATIENCE = 60_000

const awaitInventory = async (drover: DroverLab): Promise<void> => {
  const began = performance.now()
  for (;;) {
    const hosts = JSON.parse(await drover.must(['get', 'hosts', '-o', 'json'])) as { inventory: Record<string, unknown> }[]
    if (hosts.every((host) => Object.keys(host.inventory).length === 3)) return
    if (performance.now() - began > PATIENCE) throw new Error('the hosts have not reported their inventory for 60 s')
    await new Promise((resolve) => void setTimeout(resolve, 250))
  }
}

/** kubectl from the same binary; the stand-in's runs on this process's Node. */
const kubectl = async (drover: DroverLab, k3s: K3sBinary, args: readonly string[]): Promise<string> => {
  const command = k3s.isReal ? [k3s.path, 'kubectl', ...args] : [process.execPath, k3s.path, 'kubectl', ...args]
  const done = await drover.lab.admin.exec(command)
  if (done.code !== 0) throw new Error(`kubectl: ${done.stderr}`)
  return done.stdout
}

const demo = async (keep: boolean): Promise<void> => {
  const work = mkdtempSync(join(tmpdir(), 'drover-demo-'))
  const k3s = await k3sBinaryOrRelease(work)
  print(`Drover demo on ${k3s.words}`)
  const clock = createClock()
  const drover = await clock.time('lab and coordinator up', () => openDroverLab({ name: 'demo', hosts: ['node-1', 'node-2'], isReal: k3s.isReal, say: print }))
  try {
    await story(drover, k3s, clock)
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
