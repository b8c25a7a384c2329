import { randomUUID } from 'node:crypto'
import type { Datastore } from '../datastore/datastore.ts'
import { type KubeObject, mergePatch, parseObject, part } from './kube-object.ts'
import { type Call, failure, json, type Reply } from './reply.ts'
import { storeKey, type Target } from './resources.ts'

/** What an object becomes; undefined leaves it as it is. */
export type Change = (old: KubeObject | undefined) => KubeObject | undefined

/** Reads and writes Kubernetes objects in a datastore. */
export type Objects = {
  readonly read: (target: Target) => Promise<KubeObject | undefined>
  readonly list: (target: Target) => Promise<KubeObject[]>
  /** Writes what `next` makes of the object that is there, asking again when somebody wrote meanwhile; keeps uid and creation time, or makes them. */
  readonly change: (target: Target, next: Change) => Promise<KubeObject | undefined>
  readonly remove: (target: Target) => Promise<boolean>
}

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`

function completed(target: Target, object: KubeObject, old: KubeObject | undefined): KubeObject {
  const kept = old === undefined ? {} : { uid: old.metadata['uid'], creationTimestamp: old.metadata['creationTimestamp'] }
  const metadata = { creationTimestamp: now(), uid: randomUUID(), ...object.metadata, ...kept }
  return { apiVersion: target.resource.apiVersion, kind: target.resource.kind, ...object, metadata }
}

/** Objects over a datastore, with `resourceVersion` from its revisions. */
export function makeObjects(store: Datastore): Objects {
  const change: Objects['change'] = async (target, next) => {
    for (;;) {
      const entry = await store.get(storeKey(target))
      const old = entry === undefined ? undefined : withVersion(entry)
      const object = next(old)
      if (object === undefined) return undefined
      const whole = completed(target, object, old)
      const revision = await store.put(storeKey(target), JSON.stringify(whole), entry?.revision ?? 0)
      if (revision !== undefined) return { ...whole, metadata: { ...whole.metadata, resourceVersion: String(revision) } }
    }
  }
  return {
    read: async (target) => {
      const entry = await store.get(storeKey(target))
      return entry === undefined ? undefined : withVersion(entry)
    },
    list: async (target) => (await store.list(storeKey({ ...target, name: '' }))).flatMap((entry) => withVersion(entry) ?? []),
    change,
    remove: (target) => store.remove(storeKey(target)),
  }
}

function withVersion(entry: { readonly value: string; readonly revision: number }): KubeObject | undefined {
  const object = parseObject(entry.value)
  return object === undefined ? undefined : { ...object, metadata: { ...object.metadata, resourceVersion: String(entry.revision) } }
}

const absent = (target: Target): Reply =>
  failure(404, `${target.resource.name} "${target.name}" not found`, { name: target.name ?? '', kind: target.resource.name })

async function create(objects: Objects, target: Target, call: Call): Promise<Reply> {
  const object = parseObject(call.body)
  if (object === undefined) return failure(400, 'the object provided is unrecognized (must be of type Object with a name)')
  const place = { ...target, name: object.metadata.name }
  const namespace = target.namespace === undefined ? {} : { namespace: target.namespace }
  const made = { ...object, metadata: { ...object.metadata, ...namespace } }
  const written = await objects.change(place, (old) => (old === undefined ? made : undefined))
  if (written !== undefined) return json(201, written)
  return failure(409, `${target.resource.name} "${place.name}" already exists`, { name: place.name, kind: target.resource.name })
}

async function change(objects: Objects, target: Target, call: Call): Promise<Reply> {
  const given: unknown = JSON.parse(call.body)
  const written = await objects.change(target, (old) => {
    if (old === undefined) return undefined
    const merged = call.method === 'PUT' ? given : mergePatch(old, given)
    return parseObject(JSON.stringify({ ...part(merged), metadata: { ...part(merged, 'metadata'), name: target.name } }))
  })
  return written === undefined ? absent(target) : json(200, written)
}

async function remove(objects: Objects, target: Target): Promise<Reply> {
  const old = await objects.read(target)
  if (old === undefined) return absent(target)
  await objects.remove(target)
  return json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: target.name, kind: target.resource.name, uid: old.metadata['uid'] } })
}

async function list(objects: Objects, target: Target, call: Call): Promise<Reply> {
  const wanted = (call.query.get('labelSelector') ?? '').split(',').filter((rule) => rule !== '')
  const items = (await objects.list(target)).filter((item) => {
    const labels = part(item, 'metadata', 'labels')
    return wanted.every((rule) => (rule.includes('=') ? labels[rule.split(/==?/)[0] ?? ''] === rule.split(/==?/)[1] : rule in labels))
  })
  return json(200, { kind: `${target.resource.kind}List`, apiVersion: target.resource.apiVersion, metadata: { resourceVersion: '' }, items })
}

async function read(objects: Objects, target: Target): Promise<Reply> {
  const found = await objects.read(target)
  return found === undefined ? absent(target) : json(200, found)
}

/** Answers one request for a stored resource, as the API server would (no watches, no admission, no defaulting). */
export async function answerObject(objects: Objects, target: Target, call: Call): Promise<Reply> {
  if (target.name === undefined) return call.method === 'POST' ? create(objects, target, call) : list(objects, target, call)
  switch (call.method) {
    case 'GET':
      return read(objects, target)
    case 'PUT':
    case 'PATCH':
      return change(objects, target, call)
    case 'DELETE':
      return remove(objects, target)
    default:
      return failure(405, 'the server does not allow this method on the requested resource')
  }
}
