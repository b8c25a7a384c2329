import type { Access } from '../agent/client.ts'
import { RESOURCES, type Resource } from '../api/resources.ts'
import { KubectlError } from './connect.ts'

/** What every kubectl verb is given. */
export type Session = { readonly access: Access; readonly version: string; readonly out: (text: string) => void }

const SHORT: Readonly<Record<string, string>> = {
  no: 'nodes',
  ns: 'namespaces',
  cm: 'configmaps',
  po: 'pods',
  svc: 'services',
  ep: 'endpoints',
  ev: 'events',
  sa: 'serviceaccounts',
  deploy: 'deployments',
  ds: 'daemonsets',
  rs: 'replicasets',
}

/** The resource that a word names: plural, singular, short or kind. @throws KubectlError for any other word */
export function findResource(word: string): Resource {
  const wanted = SHORT[word] ?? word.toLowerCase()
  const found = RESOURCES.find((known) => known.name === wanted || known.kind.toLowerCase() === wanted || `${known.name}.${known.apiVersion.split('/')[0]}` === wanted)
  if (found === undefined) throw new KubectlError(`error: the server doesn't have a resource type "${word}"`)
  return found
}

/** The API path of a resource's list, or of one object. */
export function pathOf(resource: Resource, namespace: string | undefined, name = ''): string {
  const group = resource.apiVersion === 'v1' ? '/api/v1' : `/apis/${resource.apiVersion}`
  const place = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''
  return `${group}${place}/${resource.name}${name === '' ? '' : `/${name}`}`
}
