/** How many objects of each resource there are, by the path of the resource below /registry, such as `configmaps`. */
export type ObjectCounts = Readonly<Record<string, number>>

/** Where Kubernetes keeps all objects. */
export const REGISTRY = '/registry/'

/** The datastore itself takes these away when their time is over. */
const EXPIRE: ReadonlySet<string> = new Set(['events', 'masterleases'])

/** Controllers take these away at any time. */
const COME_AND_GO: ReadonlySet<string> = new Set(['leases', 'pods', 'jobs', 'replicasets', 'controllerrevisions', 'endpointslices', 'certificatesigningrequests', 'services/endpoints'])

/** The resource of a key: its first part, with the second where the first names a group; null for what is no object. */
export const resourceOf = (key: string): string | null => {
  const [first = '', second, ...rest] = key.startsWith(REGISTRY) ? key.slice(REGISTRY.length).split('/') : []
  if (second === undefined || first === '') return null
  if (!first.includes('.') && first !== 'services') return first
  return rest.length === 0 ? null : `${first}/${second}`
}

/** True for a key whose object stays until somebody deletes it. */
export const stays = (key: string): boolean => {
  const resource = resourceOf(key)
  return resource !== null && !EXPIRE.has(resource)
}

/** Counts the keys of objects that stay. */
export const countObjects = (keys: readonly string[]): ObjectCounts => {
  const counts = new Map<string, number>()
  for (const key of keys) {
    const resource = resourceOf(key)
    if (resource !== null && stays(key)) counts.set(resource, (counts.get(resource) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The counts without what controllers take away while they run. */
export const atRest = (counts: ObjectCounts): ObjectCounts => Object.fromEntries(Object.entries(counts).filter(([resource]) => !COME_AND_GO.has(resource)))

/** Each resource of which fewer are there than there were, with both numbers, for people. */
export const fewer = (had: ObjectCounts, has: ObjectCounts): readonly string[] =>
  Object.entries(had).flatMap(([resource, count]) => ((has[resource] ?? 0) < count ? [`${resource}: ${String(count)} before, ${String(has[resource] ?? 0)} now`] : []))
