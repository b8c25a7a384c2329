import { describe, expect, it } from 'vitest'
import { atRest, countObjects, fewer, resourceOf } from './object-counts.ts'

describe('the resource of a key', () => {
  it.each<[string, string | null]>([
    ['/registry/configmaps/kube-system/coredns', 'configmaps'],
    ['/registry/namespaces/default', 'namespaces'],
    ['/registry/services/specs/default/kubernetes', 'services/specs'],
    ['/registry/services/endpoints/default/kubernetes', 'services/endpoints'],
    ['/registry/k3s.cattle.io/addons/kube-system/ccm', 'k3s.cattle.io/addons'],
    ['/registry/apiregistration.k8s.io/apiservices/v1.', 'apiregistration.k8s.io/apiservices'],
    ['/registry/health', null],
    ['/registry/k3s.cattle.io/addons', null],
    ['/bootstrap/0a1b2c', null],
    ['compact_rev_key', null],
  ])('%s', (key, resource) => expect(resourceOf(key)).toBe(resource))
})

it('counts by resource what does not end by itself', () => {
  const keys = ['/registry/secrets/a/1', '/registry/configmaps/a/1', '/registry/configmaps/b/1', '/registry/events/a/1', '/registry/masterleases/10.0.0.11', '/registry/health']
  expect(countObjects(keys)).toEqual({ configmaps: 2, secrets: 1 })
})

it('names what is short with both numbers, and nothing else', () => {
  expect(fewer({ configmaps: 12, secrets: 3, pods: 4 }, { configmaps: 11, secrets: 5 })).toEqual(['configmaps: 12 before, 11 now', 'pods: 4 before, 0 now'])
})

it('leaves out what controllers take away', () => {
  expect(atRest({ configmaps: 1, leases: 4, pods: 2, 'services/endpoints': 1 })).toEqual({ configmaps: 1 })
})
