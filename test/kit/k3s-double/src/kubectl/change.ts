import { setTimeout as wait } from 'node:timers/promises'
import { parseObject, part } from '../api/kube-object.ts'
import type { Given } from './arguments.ts'
import { ask, KubectlError } from './connect.ts'
import { findResource, pathOf, type Session } from './session.ts'

const patchNode = (session: Session, name: string, value: unknown): Promise<unknown> =>
  ask(session.access, { method: 'PATCH', path: `/api/v1/nodes/${name}`, body: JSON.stringify(value) }, 'patch nodes')

async function setCordon(session: Session, name: string, on: boolean): Promise<string> {
  const answer = await ask(session.access, { path: `/api/v1/nodes/${name}` }, 'get nodes')
  const already = (part(JSON.parse(answer.body), 'spec')['unschedulable'] === true) === on
  if (!already) await patchNode(session, name, { spec: { unschedulable: on ? true : null } })
  return `node/${name} ${already ? 'already ' : ''}${on ? 'cordoned' : 'uncordoned'}\n`
}

/** `kubectl cordon|uncordon NODE…`. */
export async function changeNode(session: Session, given: Given, on: boolean): Promise<void> {
  for (const name of given.words) session.out(await setCordon(session, name, on))
}

/** As long as pods take that end quickly. */
const EVICTION_MS = 1_500

/** `kubectl drain NODE…`: cordons at once, and takes a while; there are no pods to evict. */
export async function drain(session: Session, given: Given): Promise<void> {
  for (const name of given.words) {
    session.out(await setCordon(session, name, true))
    await wait(EVICTION_MS)
    session.out(`node/${name} drained\n`)
  }
}

/** `kubectl label node NODE key=value key-`. */
export async function labelNode(session: Session, given: Given): Promise<void> {
  const [type = '', name = '', ...changes] = given.words
  if (findResource(type).name !== 'nodes') throw new KubectlError('error: this stand-in labels nodes only')
  const labels = new Map(changes.map((text) => (text.endsWith('-') ? [text.slice(0, -1), null] : [text.split('=')[0] ?? '', text.split('=')[1] ?? ''])))
  await patchNode(session, name, { metadata: { labels: Object.fromEntries(labels) } })
  session.out(`node/${name} labeled\n`)
}

/** Deletes one object; false where there is none and that may be. */
async function erase(session: Session, { path, about }: { readonly path: string; readonly about: string }, mayBeAbsent: boolean): Promise<boolean> {
  try {
    await ask(session.access, { method: 'DELETE', path }, about)
    return true
  } catch (error) {
    if (mayBeAbsent && error instanceof KubectlError && error.message.includes('NotFound')) return false
    throw error
  }
}

/** `kubectl delete TYPE NAME… [--ignore-not-found]`. */
export async function deleteObjects(session: Session, given: Given): Promise<void> {
  const [type = '', ...names] = given.words
  const resource = findResource(type)
  for (const name of names) {
    const path = pathOf(resource, given.flags.get('namespace') ?? 'default', name)
    if (!(await erase(session, { path, about: `delete ${resource.name}` }, given.flags.has('ignore-not-found')))) continue
    session.out(`${resource.kind.toLowerCase()} "${name}" deleted\n`)
  }
}

/** `kubectl create configmap NAME [--from-literal k=v]` and `kubectl create namespace NAME`. */
export async function createObject(session: Session, given: Given): Promise<void> {
  const [type = '', name = ''] = given.words
  const resource = findResource(type)
  if (resource.name !== 'configmaps' && resource.name !== 'namespaces') throw new KubectlError(`error: this stand-in cannot create ${type}`)
  const [key = '', ...value] = (given.flags.get('from-literal') ?? '').split('=')
  const body = parseObject(JSON.stringify({ metadata: { name }, ...(key === '' ? {} : { data: { [key]: value.join('=') } }) }))
  await ask(session.access, { method: 'POST', path: pathOf(resource, given.flags.get('namespace') ?? 'default'), body: JSON.stringify(body) }, `create ${resource.name}`)
  session.out(`${resource.kind.toLowerCase()}/${name} created\n`)
}
