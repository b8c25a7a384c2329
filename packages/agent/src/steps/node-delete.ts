import { DroverError } from '@drover/protocol'
import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import { heldClaim } from './against-claim.ts'
import { readNode } from './read-node.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'node.delete'>

const check = async (host: HostReader, { order, params }: Context): Promise<Check> => {
  const claim = await heldClaim(host, params)
  if (typeof claim === 'string') return { is: 'blocked', code: 'order.claim', said: claim }
  if (params.member === order.audience) return { is: 'blocked', code: 'node.delete', said: 'a host does not delete its own Node' }
  const node = await readNode(host, params.node)
  if (node === null) return { is: 'blocked', code: 'step.tool', said: 'the API server of this host does not tell its Nodes' }
  return node.is === 'absent' ? { is: 'satisfied', said: `there is no Node ${params.node}` } : { is: 'needed', said: `Node ${params.node} is there` }
}

/** k3s takes the etcd member of a server out first, for which it waits for its peers. */
const PATIENCE_S = 60
const ROOM = 20_000

const erase = async (host: HostWriter, what: readonly string[]): Promise<void> => {
  const ran = await host.kubectl(['delete', ...what, '--ignore-not-found', `--timeout=${String(PATIENCE_S)}s`], PATIENCE_S * 1000 + ROOM)
  if (ran.code !== 0) throw new DroverError('node.delete', `${what.slice(0, 2).join(' ')} is not deleted: ${ran.stderr.trim().slice(0, 300)}`, { evidence: ran.stderr })
}

const apply = async (host: HostWriter, context: Context): Promise<{ seconds: number }> => {
  const began = context.elapsed()
  const { node } = context.params
  await erase(host, ['node', node])
  await erase(host, ['secret', `${node.toLowerCase()}.node-password.k3s`, '-n', 'kube-system'])
  return { seconds: Math.round((context.elapsed() - began) / 1000) }
}

/** A k3s that still runs on the host makes its Node anew within seconds. */
const LOOKS = 5

const verify: StepModule<'node.delete'>['verify'] = async (host, { params }, receipt) => {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const node = await readNode(host, params.node)
    if (node !== null && node.is !== 'absent') throw new DroverError('node.delete', `Node ${params.node} is there again: k3s still runs on its host`)
    await host.pause(1000)
  }
  if ((await readNode(host, params.node))?.is !== 'absent') throw new DroverError('node.delete', `it is not known whether Node ${params.node} is gone`)
  return z.strictObject({ seconds: z.int() }).parse(receipt ?? { seconds: 0 })
}

/** Deletes the Node of a host that has left, and looks for some seconds whether it stays away. */
export const nodeDelete: StepModule<'node.delete'> = {
  kind: 'node.delete',
  check,
  note: async () => null,
  apply,
  verify,
  undo: 'irreversible',
}
