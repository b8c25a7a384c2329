import type { HostReader, HostWriter } from '@drover/agent'
import { removeMember } from './etcd.ts'
import { isApiReady } from './k3s.ts'
import type { Machine, SimNode, SimStore, SimWorld } from './world.ts'

type Ran = Awaited<ReturnType<HostWriter['kubectl']>>
type Answer = Awaited<ReturnType<HostReader['get']>>

/** The host whose API is asked, and the order that asks. */
export type Asking = { readonly machine: Machine; readonly by: string | null }

const ran = (code: number, stdout: string, stderr = ''): Ran => ({ code, stdout, stderr, timedOut: false })

/** A k3s takes the etcd member of a Node that is deleted out, a second later. */
const erase = (world: SimWorld, store: SimStore, { name, by }: { readonly name: string; readonly by: string | null }): Ran => {
  if (!store.nodes.delete(name)) return ran(0, '')
  world.note(`Node ${name} is deleted`)
  world.timeline.after(1_000, () => {
    for (const { id } of store.members.filter(({ machine }) => machine === name)) removeMember(world, store, { id, by })
  })
  return ran(0, `node "${name}" deleted\n`)
}

const cordon = (world: SimWorld, node: SimNode, isCordoned: boolean): Ran => {
  if (node.cordoned !== isCordoned) world.note(`Node ${node.name} is ${isCordoned ? 'cordoned' : 'open'}`)
  node.cordoned = isCordoned
  return ran(0, `node/${node.name}\n`)
}

type Asked = { readonly store: SimStore; readonly by: string | null; readonly args: readonly string[] }

const setCordon = (world: SimWorld, { store, args: [verb, name = ''] }: Asked): Ran => {
  const node = store.nodes.get(name)
  return node === undefined ? ran(1, '', `Error from server (NotFound): nodes "${name}" not found\n`) : cordon(world, node, verb === 'drain')
}

const VERBS: Readonly<Record<string, (world: SimWorld, asked: Asked) => Ran>> = {
  drain: setCordon,
  uncordon: setCordon,
  delete: (world, { store, by, args: [, type, name = ''] }) => (type === 'node' ? erase(world, store, { name, by }) : ran(0, '')),
}

/** The kubectl of a host: drain, uncordon and delete of Nodes. */
export const runKubectl = (world: SimWorld, { machine, by }: Asking, args: readonly string[]): Ran => {
  const store = machine.k3s?.store ?? null
  if (store === null || !isApiReady(world, machine)) return ran(1, '', 'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?\n')
  return VERBS[args[0] ?? '']?.(world, { store, by, args }) ?? ran(0, '')
}

/** What the API server of a host answers to its administrator; null where its port is not open. */
export const askApi = (world: SimWorld, machine: Machine, path: string): Answer => {
  const { k3s } = machine
  if (k3s?.api !== true) return null
  if (!isApiReady(world, machine) || k3s.store === null) return { status: 500, body: 'etcd failed' }
  const [, name] = /^\/api\/v1\/nodes\/([^/]+)$/.exec(path) ?? []
  if (name === undefined) return { status: 200, body: 'ok' }
  const node = k3s.store.nodes.get(name)
  return node === undefined ? { status: 404, body: '{}' } : { status: 200, body: JSON.stringify({ kind: 'Node', spec: node.cordoned ? { unschedulable: true } : {} }) }
}
