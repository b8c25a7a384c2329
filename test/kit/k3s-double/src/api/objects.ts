import { randomUUID } from 'node:crypto'
import type { Datastore } from '../datastore/datastore.ts'
import { type KubeObject, mergePatch, parseObject, part } from './kube-object.ts'
import { type Call, failure, json, type Reply } from './reply.ts'
import { storeKey, type Target } from './resources.ts'

/** Reads and writes Kubernetes objects in a datastore. */
export type Objects = {
  readonly read: (target: Target) => KubeObject | undefined
  readonly list: (target: Target) => KubeObject[]
  /** Writes over whatever is there; keeps uid and creation time, or makes them. */
  readonly write: (target: Target, object: KubeObject) => KubeObject
  readonly remove: (target: Target) => boolean
}

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`

/** Objects over a datastore, with `resourceVersion` from its revisions. */
export function makeObjects(store: Datastore): Objects {
  const read = (target: Target): KubeObject | undefined => {
    const entry = store.get(storeKey(target))
    return entry === undefined ? undefined : withVersion(entry)
  }
  return {
    read,
    list: (target) => store.list(storeKey({ ...target, name: '' })).flatMap((entry) => withVersion(entry) ?? []),
    write: (target, object) => {
      const old = read(target)
      const metadata = {
        creationTimestamp: now(),
        uid: randomUUID(),
        ...object.metadata,
        ...(old === undefined ? {} : { uid: old.metadata['uid'], creationTimestamp: old.metadata['creationTimestamp'] }),
      }
      const whole = { apiVersion: target.resource.apiVersion, kind: target.resource.kind, ...object, metadata }
      const revision = store.put(storeKey(target), JSON.stringify(whole))
      return { ...whole, metadata: { ...metadata, resourceVersion: String(revision) } }
    },
    remove: (target) => store.remove(storeKey(target)),
  }
}

function withVersion(entry: { readonly value: string; readonly revision: number }): KubeObject | undefined {
  const object = parseObject(entry.value)
  return object === undefined ? undefined : { ...object, metadata: { ...object.metadata, resourceVersion: String(entry.revision) } }
}

const absent = (target: Target): Reply =>
  failure(404, `${target.resource.name} "${target.name}" not found`, { name: target.name ?? '', kind: target.resource.name })

function create(objects: Objects, target: Target, call: Call): Reply {
  const object = parseObject(call.body)
  if (object === undefined) return failure(400, 'the object provided is unrecognized (must be of type Object with a name)')
  const place = { ...target, name: object.metadata.name }
  if (objects.read(place) !== undefined) {
    return failure(409, `${target.resource.name} "${place.name}" already exists`, { name: place.name, kind: target.resource.name })
  }
  const namespace = target.namespace === undefined ? {} : { namespace: target.namespace }
  return json(201, objects.write(place, { ...object, metadata: { ...object.metadata, ...namespace } }))
}

function change(objects: Objects, target: Target, call: Call): Reply {
  const old = objects.read(target)
  if (old === undefined) return absent(target)
  const given: unknown = JSON.parse(call.body)
  const merged = call.method === 'PUT' ? given : mergePatch(old, given)
  const object = parseObject(JSON.stringify({ ...part(merged), metadata: { ...part(merged, 'metadata'), name: target.name } }))
  return object === undefined ? failure(400, 'the object has no name') : json(200, objects.write(target, object))
}

function remove(objects: Objects, target: Target): Reply {
  const old = objects.read(target)
  if (old === undefined) return absent(target)
  objects.remove(target)
  return json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: target.name, kind: target.resource.name, uid: old.metadata['uid'] } })
}

function list(objects: Objects, target: Target, call: Call): Reply {
  const wanted = (call.query.get('labelSelector') ?? '').split(',').filter((rule) => rule !== '')
  const items = objects.list(target).filter((item) => {
    const labels = part(item, 'metadata', 'labels')
    return wanted.every((rule) => (rule.includes('=') ? labels[rule.split(/==?/)[0] ?? ''] === rule.split(/==?/)[1] : rule in labels))
  })
  return json(200, { kind: `${target.resource.kind}List`, apiVersion: target.resource.apiVersion, metadata: { resourceVersion: '' }, items })
}

/** Answers one request for a stored resource, as the API server would (no watches, no admission, no defaulting). */
export function answerObject(objects: Objects, target: Target, call: Call): Reply {
  if (target.name === undefined) return call.method === 'POST' ? create(objects, target, call) : list(objects, target, call)
  switch (call.method) {
    case 'GET':
      return ((found) => (found === undefined ? absent(target) : json(200, found)))(objects.read(target))
    case 'PUT':
    case 'PATCH':
      return change(objects, target, call)
    case 'DELETE':
      return remove(objects, target)
    default:
      return failure(405, 'the server does not allow this method on the requested resource')
  }
}
