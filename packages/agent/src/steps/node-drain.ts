import { DroverError } from '@drover/protocol'
import * as z from 'zod'
import { budgetsOf, type DrainWords, readDrain } from '../core/k3s/drain-words.ts'
import type { HostReader, HostWriter, RunResult } from '../host/host.ts'
import { heldClaim } from './against-claim.ts'
import { readNode } from './read-node.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'node.drain'>

const check = async (host: HostReader, { params }: Context): Promise<Check> => {
  const claim = await heldClaim(host, params)
  if (typeof claim === 'string') return { is: 'blocked', code: 'order.claim', said: claim }
  const node = await readNode(host, params.node)
  if (node === null) return { is: 'blocked', code: 'step.tool', said: 'the API server of this host does not tell its Nodes' }
  return node.is === 'absent' ? { is: 'satisfied', said: `there is no Node ${params.node}` } : { is: 'needed', said: `Node ${params.node} is there` }
}

/** One try of kubectl; after it is told what holds it up. */
const TRY_S = 15
/** All tries together. */
const GIVE_UP = 300_000
const ROOM = 20_000

const BUDGETS = ['get', 'poddisruptionbudgets', '-A', '-o', 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.status.disruptionsAllowed}{"\\n"}{end}']

const heldBy = async (host: HostWriter, { held }: DrainWords): Promise<string> => {
  const { code, stdout } = await host.kubectl(BUDGETS, ROOM)
  const budgets = code === 0 ? budgetsOf(stdout, held) : []
  return `pods ${held.join(', ')} are held by ${budgets.length === 0 ? 'a PodDisruptionBudget' : `PodDisruptionBudget ${budgets.join(', ')}`}`
}

/** What keeps pods on the Node, for people. Throws where trying again does not help. */
const waitsFor = async (host: HostWriter, node: string, ran: RunResult): Promise<string> => {
  const words = readDrain(ran.stderr)
  if (words.alone.length > 0) {
    throw new DroverError('node.drain', `nothing would start pods ${words.alone.join(', ')} of ${node} elsewhere: delete them if they may go`, { evidence: ran.stderr.slice(-4000) })
  }
  if (words.held.length > 0) return heldBy(host, words)
  return /timeout|timed out/i.test(ran.stderr) || ran.timedOut ? 'pods that were evicted have not ended yet' : ran.stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}

const apply = async (host: HostWriter, context: Context): Promise<{ seconds: number }> => {
  const began = context.elapsed()
  const { node } = context.params
  for (;;) {
    const ran = await host.kubectl(['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', `--timeout=${String(TRY_S)}s`], TRY_S * 1000 + ROOM)
    const ms = context.elapsed() - began
    if (ran.code === 0) return { seconds: Math.round(ms / 1000) }
    const waits = await waitsFor(host, node, ran)
    if (context.signal.aborted || ms >= GIVE_UP) throw new DroverError('node.drain', `${node} is not drained after ${String(Math.round(ms / 1000))} s: ${waits}`, { evidence: ran.stderr.slice(-4000) })
    context.say(waits)
    await host.pause(1000)
  }
}

const verify: StepModule<'node.drain'>['verify'] = async (host, { params }, receipt) => {
  const node = await readNode(host, params.node)
  if (node === null || node.is === 'open') throw new DroverError('node.drain', `Node ${params.node} takes pods again`)
  return z.strictObject({ seconds: z.int() }).parse(receipt ?? { seconds: 0 })
}

const NotesSchema = z.strictObject({ cordoned: z.boolean() })

/** Has a Node that was drained in vain take pods again, unless somebody else had cordoned it. */
const uncordon = async (host: HostWriter, { params }: Context, notes: unknown): Promise<void> => {
  if (NotesSchema.parse(notes).cordoned || (await readNode(host, params.node))?.is === 'absent') return
  const { code, stderr } = await host.kubectl(['uncordon', params.node], ROOM)
  if (code !== 0) throw new DroverError('step.tool', `Node ${params.node} stays cordoned`, { evidence: stderr })
}

/** Cordons a Node and evicts its pods; what cannot be evicted is named, and the Node takes pods again. */
export const nodeDrain: StepModule<'node.drain'> = {
  kind: 'node.drain',
  check,
  note: async (host, { params }) => ({ cordoned: (await readNode(host, params.node))?.is === 'cordoned' }),
  apply,
  verify,
  undo: (host, context, notes) => uncordon(host, context, notes),
}
