import type { KubeObject } from '../api/kube-object.ts'
import type { Target } from '../api/resources.ts'
import { place, type ServerState } from './state.ts'

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const CONFIG_MAPS: readonly (readonly [namespace: string, name: string])[] = [
  ...NAMESPACES.map((namespace): readonly [string, string] => [namespace, 'kube-root-ca.crt']),
  ['kube-system', 'cluster-dns'],
  ['kube-system', 'extension-apiserver-authentication'],
  ['kube-system', 'kube-apiserver-legacy-service-account-token-tracking'],
]

/** Makes the namespaces and config maps that every cluster has, where they are missing. */
export async function seedObjects(state: ServerState): Promise<void> {
  const make = (target: Target, object: KubeObject) => state.objects.change(target, (old) => (old === undefined ? object : undefined))
  for (const name of NAMESPACES) {
    const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } }
    await make(place('namespaces', name), { metadata, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
  }
  for (const [namespace, name] of CONFIG_MAPS) {
    await make(place('configmaps', name, namespace), { metadata: { name, namespace }, data: {} })
  }
  const service = { metadata: { name: 'kubernetes', namespace: 'default' }, spec: { clusterIP: '10.43.0.1', type: 'ClusterIP' } }
  await make(place('services', 'kubernetes', 'default'), service)
}
