import { type KubeObject, parseObject, partList } from '../api/kube-object.ts'
import type { Resource } from '../api/resources.ts'
import type { Given } from './arguments.ts'
import { ask, KubectlError } from './connect.ts'
import { asList, nodeTable, plainTable, printAs, table } from './print.ts'
import { findResource, pathOf, type Session } from './session.ts'

type Item = { readonly kind: string; readonly resource: Resource; readonly object: KubeObject }

const ALL = ['pods', 'services', 'daemonsets', 'deployments', 'replicasets', 'jobs']

const namespaceOf = (given: Given): string | undefined => (given.flags.has('all-namespaces') ? undefined : (given.flags.get('namespace') ?? 'default'))

async function readList(session: Session, given: Given, resource: Resource): Promise<Item[]> {
  const selector = given.flags.get('selector')
  const query = selector === undefined ? '' : `?labelSelector=${encodeURIComponent(selector)}`
  const answer = await ask(session.access, { path: pathOf(resource, namespaceOf(given)) + query }, `get ${resource.name}`)
  const items = partList(JSON.parse(answer.body), 'items')
  return items.flatMap((item) => {
    const object = parseObject(JSON.stringify({ apiVersion: resource.apiVersion, kind: resource.kind, ...item }))
    return object === undefined ? [] : [{ kind: resource.kind.toLowerCase(), resource, object }]
  })
}

async function readOne(session: Session, given: Given, what: { resource: Resource; name: string }): Promise<Item[]> {
  const path = pathOf(what.resource, namespaceOf(given), what.name)
  const answer = await ask(session.access, { path }, `get ${what.resource.name}`).catch((error: unknown) => {
    if (given.flags.has('ignore-not-found') && error instanceof KubectlError && error.message.includes('(NotFound)')) return undefined
    throw error
  })
  const object = answer === undefined ? undefined : parseObject(answer.body)
  return object === undefined ? [] : [{ kind: what.resource.kind.toLowerCase(), resource: what.resource, object }]
}

async function readAll(session: Session, given: Given): Promise<{ items: Item[]; single: boolean }> {
  const [what = '', ...names] = given.words
  const [type = '', slashed] = what.split('/')
  const wanted = slashed === undefined ? names : [slashed, ...names]
  if (type === '') throw new KubectlError('You must specify the type of resource to get.')
  if (type === 'all') return { items: (await Promise.all(ALL.map((name) => readList(session, given, findResource(name))))).flat(), single: false }
  if (wanted.length > 0) {
    const resource = findResource(type)
    return { items: (await Promise.all(wanted.map((name) => readOne(session, given, { resource, name })))).flat(), single: wanted.length === 1 }
  }
  return { items: (await Promise.all(type.split(',').map((name) => readList(session, given, findResource(name))))).flat(), single: false }
}

function print(session: Session, given: Given, items: readonly Item[]): void {
  const wide = given.flags.get('output') === 'wide'
  const objects = items.map((item) => item.object)
  const rows = items[0]?.resource.name === 'nodes' ? nodeTable(objects, wide) : plainTable(objects, given.flags.has('all-namespaces'))
  session.out(table(given.flags.has('no-headers') ? rows.slice(1) : rows))
}

/** `kubectl get TYPE [NAME…] [-o json|yaml|name|wide|jsonpath=…] [-n NS|-A] [-l a=b]`. */
export async function getObjects(session: Session, given: Given): Promise<void> {
  const { items, single } = await readAll(session, given)
  const [first] = items
  const value = single && first !== undefined ? first.object : asList(items.map((item) => item.object))
  const form = given.flags.get('output') ?? ''
  const printed = single && first === undefined ? '' : printAs(form, value, items)
  if (printed !== undefined) session.out(printed)
  else if (items.length === 0) throw new KubectlError('No resources found')
  else print(session, given, items)
}
