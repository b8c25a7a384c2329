import { enrol } from './enrol.ts'
import { print, title } from './print.ts'
import { applyExample, kubectl, type Stage } from './stage.ts'

/** Second chapter: three more hosts come, and the one server on SQLite becomes three whose etcd bears the loss of one. */
export const grow = async (stage: Stage): Promise<void> => {
  const { drover, servers: [, ...servers], workers: [, ...workers] } = stage
  title('kubectl create configmap dear: something to keep')
  print(await kubectl(stage, '-n', 'default', 'create', 'configmap', 'dear', '--from-literal=word=kept'))
  title('Three more hosts')
  await enrol(stage, [...servers.map((host) => [host, 'server'] as const), ...workers.map((host) => [host, 'worker'] as const)])
  title('drover apply -f deploy/examples/grown.yaml')
  await applyExample(stage, { file: 'grown.yaml', takes: 'one server and a worker to three and two' })
  title('kubectl get nodes; kubectl get configmap dear; drover get members home')
  print(await kubectl(stage, 'get', 'nodes'))
  print(await kubectl(stage, '-n', 'default', 'get', 'configmap', 'dear'))
  print(await drover.must(['get', 'members', 'home']))
}
