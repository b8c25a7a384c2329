import { place, type ServerState } from './state.ts'

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const CONFIG_MAPS: readonly (readonly [namespace: string, name: string])[] = [
  ...NAMESPACES.map((namespace): readonly [string, string] => [namespace, 'kube-root-ca.crt']),
  ['kube-system', 'cluster-dns'],
  ['kube-system', 'extension-apiserver-authentication'],
  ['kube-system', 'kube-apiserver-legacy-service-account-token-tracking'],
]

/** Makes the namespaces and config maps that every cluster has, where they are missing. */
export function seedObjects(state: ServerState): void {
  for (const name of NAMESPACES) {
    const target = place('namespaces', name)
    if (state.objects.read(target) !== undefined) continue
    const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } }
    state.objects.write(target, { metadata, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
  }
  for (const [namespace, name] of CONFIG_MAPS) {
    const target = place('configmaps', name, namespace)
    if (state.objects.read(target) === undefined) state.objects.write(target, { metadata: { name, namespace }, data: {} })
  }
  const service = place('services', 'kubernetes', 'default')
  if (state.objects.read(service) === undefined) {
    state.objects.write(service, { metadata: { name: 'kubernetes', namespace: 'default' }, spec: { clusterIP: '10.43.0.1', type: 'ClusterIP' } })
  }
}
