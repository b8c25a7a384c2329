import { type Place, reached } from '../lab/drover/reach.ts'
import { print, title } from './print.ts'
import { applyExample, kubectl, type Stage } from './stage.ts'

/** SSH, HTTP and HTTPS, the API, the kubelet, a NodePort. */
const PORTS = [22, 80, 443, 6443, 10_250, 30_080]

/** What others reach of both hosts: connections are tried, nothing is read from rules. */
const look = async ({ drover, servers: [server], workers: [worker] }: Stage): Promise<ReadonlyMap<string, readonly number[]>> => {
  const views: readonly (readonly [string, Place, { readonly address: string }])[] = [
    [`a stranger reaches on ${server.name}`, drover.lab.stranger, server],
    [`a stranger reaches on ${worker.name}`, drover.lab.stranger, worker],
    [`you reach on ${server.name}`, drover.lab.admin, server],
    [`${worker.name} reaches on ${server.name}`, worker, server],
  ]
  const seen = await Promise.all(views.map(async ([words, from, of]) => [words, await reached(from, of.address, PORTS)] as const))
  for (const [words, ports] of seen) print(`  ${words.padEnd(32)} ${ports.join(', ') || 'nothing'}`)
  return new Map(seen)
}

/** Second chapter: what anybody reaches before and after the ports are closed. */
export const closePorts = async (stage: Stage): Promise<void> => {
  const { drover, servers: [server], workers: [worker] } = stage
  title(`Ports ${PORTS.join(', ')} as others reach them, without a firewall`)
  await look(stage)
  title('drover apply -f deploy/examples/small-firewall.yaml')
  await applyExample(stage, { file: 'small-firewall.yaml', takes: 'both hosts guarded, tried from outside' })
  title('The same ports now')
  const now = await look(stage)
  const strangers = [server, worker].map(({ name }) => now.get(`a stranger reaches on ${name}`)?.join())
  if (strangers.join(' ') !== ' 80,443') throw new Error(`a stranger reaches ${strangers.join(' and ')}`)
  title('drover status')
  print(await drover.must(['status']))
  print(await kubectl(stage, 'get', 'nodes'))
}
