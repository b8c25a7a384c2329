/** A resource that the stand-in stores. */
export type Resource = { readonly kind: string; readonly apiVersion: string; readonly name: string; readonly namespaced: boolean }

const row = (apiVersion: string, name: string, kind: string): Resource => ({ apiVersion, name, kind, namespaced: !CLUSTER_WIDE.has(name) })

const CLUSTER_WIDE: ReadonlySet<string> = new Set(['nodes', 'namespaces', 'etcdsnapshotfiles'])

/** Every resource that can be read and written; the rest answers 404 as an unknown resource does. */
export const RESOURCES: readonly Resource[] = [
  row('v1', 'nodes', 'Node'),
  row('v1', 'namespaces', 'Namespace'),
  row('v1', 'configmaps', 'ConfigMap'),
  row('v1', 'secrets', 'Secret'),
  row('v1', 'pods', 'Pod'),
  row('v1', 'services', 'Service'),
  row('v1', 'endpoints', 'Endpoints'),
  row('v1', 'events', 'Event'),
  row('v1', 'serviceaccounts', 'ServiceAccount'),
  row('apps/v1', 'deployments', 'Deployment'),
  row('apps/v1', 'daemonsets', 'DaemonSet'),
  row('apps/v1', 'replicasets', 'ReplicaSet'),
  row('batch/v1', 'jobs', 'Job'),
  row('coordination.k8s.io/v1', 'leases', 'Lease'),
  row('k3s.cattle.io/v1', 'addons', 'Addon'),
  row('k3s.cattle.io/v1', 'etcdsnapshotfiles', 'ETCDSnapshotFile'),
]

/** Where in the API a path points. */
export type Target = { readonly resource: Resource; readonly namespace?: string; readonly name?: string }

/** Reads `/api/v1/…` and `/apis/<group>/<version>/…`; undefined for anything that is not a stored resource. */
export function parseTarget(path: string): Target | undefined {
  const parts = path.split('/').filter((piece) => piece !== '').map(decodeURIComponent)
  const [apiVersion, rest] = parts[0] === 'api' ? [parts[1], parts.slice(2)] : [parts.slice(1, 3).join('/'), parts.slice(3)]
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !SUBRESOURCES.has(rest[2] ?? '')
  const [name, object] = inNamespace ? rest.slice(2) : rest
  const resource = RESOURCES.find((known) => known.apiVersion === apiVersion && known.name === name)
  if (resource === undefined || (inNamespace && !resource.namespaced)) return undefined
  return { resource, ...given('namespace', inNamespace ? rest[1] : undefined), ...given('name', object) }
}

const SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize'])

const given = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
  value === undefined ? {} : Object.fromEntries([[key, value]]) as { [P in K]?: string }

/** The datastore key of an object, or the prefix of a list. */
export function storeKey(target: Target): string {
  const folder = target.resource.name === 'nodes' ? 'minions' : target.resource.name
  return `/registry/${folder}/${target.namespace === undefined ? '' : `${target.namespace}/`}${target.name ?? ''}`
}
