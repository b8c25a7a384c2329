import { enrol } from './enrol.ts'
import { print, title } from './print.ts'
import { applyExample, fetchKubeconfig, kubectl, type Stage } from './stage.ts'

/** First chapter: two bare hosts become a cluster, and kubectl uses it. */
export const bringUp = async (stage: Stage): Promise<void> => {
  const { drover, k3s, servers: [server], workers: [worker] } = stage
  title('The coordinator is up; its cache gets the k3s binary')
  print(await drover.must(['artifacts', 'import', k3s.path, '--version', k3s.version]))
  title('One line for each role, pasted on the hosts')
  await enrol(stage, [[server, 'server'], [worker, 'worker']])
  title('drover get hosts -o wide')
  print(await drover.must(['get', 'hosts', '-o', 'wide']))
  title('drover apply -f deploy/examples/small.yaml')
  await applyExample(stage, { file: 'small.yaml', takes: 'two hosts to Ready' })
  title('drover status')
  print(await drover.must(['status']))
  title('drover kubeconfig home > home.yaml; kubectl --kubeconfig home.yaml get nodes')
  await fetchKubeconfig(stage)
  print(await kubectl(stage, 'get', 'nodes'))
}
