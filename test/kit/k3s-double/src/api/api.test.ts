import { describe, expect, it } from 'vitest'
import type { Datastore, Entry } from '../datastore/datastore.ts'
import { mergePatch } from './kube-object.ts'
import { answerObject, makeObjects } from './objects.ts'
import type { Call, Reply } from './reply.ts'
import { parseTarget, storeKey } from './resources.ts'

it.each([
  ['/api/v1/nodes', '/registry/minions/'],
  ['/api/v1/nodes/p1/status', '/registry/minions/p1'],
  ['/api/v1/namespaces/kube-system', '/registry/namespaces/kube-system'],
  ['/api/v1/namespaces/kube-system/secrets/x', '/registry/secrets/kube-system/x'],
  ['/apis/coordination.k8s.io/v1/namespaces/a/leases', '/registry/leases/a/'],
])('%s is kept at %s', (path, key) => {
  const target = parseTarget(path)
  expect(target === undefined ? undefined : storeKey(target)).toBe(key)
})

it.each(['/api/v1/nosuch', '/api/v1/namespaces/a/nodes', '/apis/made/up'])('%s is no resource', (path) => {
  expect(parseTarget(path)).toBeUndefined()
})

it('merges as RFC 7386 says', () => {
  expect(mergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, e: 3 }, d: [2] })).toEqual({ a: { c: 2, e: 3 }, d: [2] })
  expect(mergePatch(1, { a: 1 })).toEqual({ a: 1 })
})

function memory(): Datastore {
  const kept = new Map<string, Entry>()
  let revision = 0
  const put = async (key: string, value: string, over = kept.get(key)?.revision ?? 0): Promise<number | undefined> => {
    if (over !== (kept.get(key)?.revision ?? 0)) return undefined
    revision += 1
    kept.set(key, { key, value, revision })
    return revision
  }
  return {
    kind: 'sqlite',
    get: async (key) => kept.get(key),
    list: async (prefix) => [...kept.values()].filter((entry) => entry.key.startsWith(prefix)),
    put,
    remove: async (key) => kept.delete(key),
    close: () => undefined,
  }
}

describe('objects', () => {
  const objects = makeObjects(memory())
  const ask = (method: string, path: string, body: unknown = null): Promise<Reply> => {
    const url = new URL(path, 'https://k3s')
    const call: Call = { method, path: url.pathname, query: url.searchParams, headers: {}, body: JSON.stringify(body), remote: '' }
    const target = parseTarget(url.pathname)
    if (target === undefined) throw new Error(path)
    return answerObject(objects, target, call)
  }

  it('are made once, read, listed by label, patched and removed', async () => {
    const made = await ask('POST', '/api/v1/nodes', { metadata: { name: 'p1', labels: { a: '1' } } })
    expect([made.status, (await ask('POST', '/api/v1/nodes', { metadata: { name: 'p1' } })).status]).toEqual([201, 409])
    expect(JSON.parse((await ask('GET', '/api/v1/nodes/p1')).body)).toEqual(JSON.parse(made.body))
    expect((await ask('GET', '/api/v1/nodes?labelSelector=a%3D1')).body).toContain('"p1"')
    expect((await ask('GET', '/api/v1/nodes?labelSelector=a%3D2')).body).not.toContain('"p1"')
    expect((await ask('PATCH', '/api/v1/nodes/p1', { metadata: { name: 'other', labels: { a: null, b: '2' } } })).body).toMatch(/"name":"p1".*"labels":\{"b":"2"\}/)
    expect((await ask('DELETE', '/api/v1/nodes/p1')).status).toBe(200)
    expect((await ask('DELETE', '/api/v1/nodes/p1')).status).toBe(404)
  })

  it('keep uid and creation time over every change', async () => {
    const uid = (reply: Reply): string => /"uid":"([^"]+)"/.exec(reply.body)?.[1] ?? ''
    const made = await ask('POST', '/api/v1/nodes', { metadata: { name: 'p2' } })
    expect(uid(await ask('PUT', '/api/v1/nodes/p2', { metadata: { name: 'p2', uid: 'forged' } }))).toBe(uid(made))
  })
})
