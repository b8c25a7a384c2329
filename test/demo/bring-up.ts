import { writeFileSync } from 'node:fs'
import { HostSchema } from '@drover/protocol'
import * as z from 'zod'
import type { DroverLab } from '../lab/drover/drover-lab.ts'
import { until } from '../lab/until.ts'
import { print, title } from './print.ts'
import { applyExample, kubeconfigOf, kubectl, type Stage } from './stage.ts'

/** The inventory of all hosts has come: the forecast then says what they are. */
const awaitInventory = (drover: DroverLab): Promise<true> =>
  until('the inventory of the hosts', async () => {
    const hosts = z.array(HostSchema).parse(JSON.parse(await drover.must(['get', 'hosts', '-o', 'json'])))
    return hosts.every((host) => Object.keys(host.inventory).length === 3) ? true : null
  })

/** First chapter: two bare hosts become a cluster, and kubectl uses it. */
export const bringUp = async (stage: Stage): Promise<void> => {
  const { drover, k3s, clock, server, worker } = stage
  title('The coordinator is up; its cache gets the k3s binary')
  print(await drover.must(['artifacts', 'import', k3s.path, '--version', k3s.version]))
  title('One line for each role, pasted on the hosts')
  for (const [host, role] of [[server, 'server'], [worker, 'worker']] as const) {
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
  await applyExample(stage, { file: 'small.yaml', takes: 'two hosts to Ready' })
  title('drover status')
  print(await drover.must(['status']))
  title('drover kubeconfig home > home.yaml; kubectl --kubeconfig home.yaml get nodes')
  writeFileSync(kubeconfigOf(drover), await clock.time('kubeconfig', () => drover.must(['kubeconfig', 'home'])), { mode: 0o600 })
  print(await kubectl(stage, 'get', 'nodes'))
}
