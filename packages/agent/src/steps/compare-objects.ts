import { DroverError } from '@drover/protocol'
import { atRest, countObjects, fewer, type ObjectCounts, REGISTRY, stays } from '../core/k3s/object-counts.ts'
import { askEtcdCount, askEtcdMadeAt } from '../host/ask-etcd.ts'
import type { HostReader } from '../host/host.ts'

/** What was compared: how many objects of how many resources. */
export type Compared = { readonly objects: number; readonly resources: number }

const NOW = 0

/**
 * The revision of etcd at which the last object had come over: k3s moves them one by one and is nobody's server meanwhile, so
 * what is there then is what came over, whatever controllers have done since. null where etcd has forgotten it.
 */
const readMovedAt = async (host: HostReader, keys: readonly string[]): Promise<number | null> => {
  const last = [keys.toSorted().at(-1), keys.at(-1)].filter((key) => key !== undefined)
  const made = await Promise.all(last.map((key) => askEtcdMadeAt(host, key)))
  const revision = made.includes(null) ? null : Math.max(...made.map((one) => one ?? NOW))
  return revision === null || (await askEtcdCount(host, REGISTRY, revision)) === null ? null : revision
}

const MOST_ASKED = 20

const askCount = async (host: HostReader, resource: string, revision: number): Promise<number> => {
  for (let asked = 0; asked < MOST_ASKED; asked += 1) {
    const count = await askEtcdCount(host, `${REGISTRY}${resource}/`, revision)
    if (count !== null) return count
    await host.pause(500)
  }
  throw new DroverError('k3s.objects', `etcd does not tell how many ${resource} it holds`)
}

/**
 * Compares of each resource how many objects there were with how many came over to etcd; throws k3s.objects where some did not.
 * What has a time to live of its own (events, masterleases) is not compared: it ends meanwhile. Where etcd no longer knows
 * what it held right after the move, what controllers take away is not compared either.
 */
export const compareObjects = async (host: HostReader, keys: readonly string[]): Promise<Compared> => {
  const moved = keys.filter(stays)
  const revision = await readMovedAt(host, moved)
  const had: ObjectCounts = revision === null ? atRest(countObjects(moved)) : countObjects(moved)
  const has: Record<string, number> = {}
  for (const resource of Object.keys(had)) has[resource] = await askCount(host, resource, revision ?? NOW)
  const lost = fewer(had, has)
  if (lost.length > 0) throw new DroverError('k3s.objects', `etcd holds fewer objects than SQLite did: ${lost.slice(0, 10).join('; ')}`, { evidence: lost.join('\n') })
  return { objects: Object.values(had).reduce((sum, count) => sum + count, 0), resources: Object.keys(had).length }
}
