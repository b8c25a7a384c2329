import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import type { HostReader, HostWriter } from '@drover/agent'
import { K3S } from '@drover/protocol'
import { changeWorld, readWorld, type SimWorld } from './world.ts'

type Ran = Awaited<ReturnType<HostWriter['kubectl']>>

const ran = (code: number, stdout: string, stderr = ''): Ran => ({ code, stdout, stderr, timedOut: false })

const setCordon = (world: SimWorld, node: string, on: boolean): void => {
  if (world.nodes[node] !== on) world.ledger.push(`${on ? 'cordon' : 'uncordon'} ${node}`)
  world.nodes[node] = on
}

const drain = (world: SimWorld, node: string): Ran => {
  setCordon(world, node, true)
  const words = world.drainWords.shift()
  return words === undefined ? ran(0, `node/${node} drained\n`) : ran(1, '', words)
}

const erase = (world: SimWorld, type: string, name: string): Ran => {
  if (type !== 'node' || !(name in world.nodes)) return ran(0, '')
  delete world.nodes[name]
  world.ledger.push(`delete node ${name}`)
  return ran(0, `node "${name}" deleted\n`)
}

/** k3s unpacks itself where any of its programs is used for the first time. */
const unpack = (root: string): void => {
  const data = `${root}${K3S.data}/data`
  mkdirSync(`${data}/0a1b2c/bin`, { recursive: true })
  if (!existsSync(`${data}/current`)) symlinkSync('0a1b2c', `${data}/current`)
}

/** The kubectl of a simulated host: its version, drain, uncordon and delete of Nodes; PodDisruptionBudgets that leave no room. */
export const runKubectl = (root: string, args: readonly string[]): Ran => {
  unpack(root)
  return args[0] === 'version' ? ran(0, 'Client Version: v1.36.2+k3s1\n') : answer(root, args)
}

const answer = (root: string, args: readonly string[]): Ran =>
  changeWorld(root, (world) => {
    const [verb = '', first = '', second = ''] = args
    if (world.units['k3s']?.active !== 'active') return ran(1, '', 'The connection to the server 127.0.0.1:6443 was refused\n')
    if (verb === 'get') return ran(0, 'default/web 0\ndefault/roomy 1\nother/web 0\n')
    if (verb === 'delete') return erase(world, first, second)
    if (!(first in world.nodes)) return ran(1, '', `Error from server (NotFound): nodes "${first}" not found\n`)
    if (verb === 'drain') return drain(world, first)
    setCordon(world, first, false)
    return ran(0, `node/${first} uncordoned\n`)
  })

/** What the API of a simulated host answers to its administrator. */
export const askApi = (root: string, url: string): Awaited<ReturnType<HostReader['get']>> => {
  const [, node] = /\/api\/v1\/nodes\/([^/]+)$/.exec(url) ?? []
  if (node === undefined) return { status: 200, body: 'ok' }
  const { nodes } = readWorld(root)
  return node in nodes ? { status: 200, body: JSON.stringify({ kind: 'Node', spec: nodes[node] === true ? { unschedulable: true } : {} }) } : { status: 404, body: '{}' }
}
