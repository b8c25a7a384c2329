import { DroverError } from '@drover/protocol'
import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT } from '../host/k3s-marks.ts'
import { type AbsolutePath, below } from '../host/path.ts'
import { dataAside, K3S_SERVER } from '../host/read-asides.ts'
import { earlierClaim, heldClaim } from './against-claim.ts'
import type { Check, StepContext, StepModule } from './step.ts'
import { readStood, standAgain, StoodSchema, stopServer, writeClaim } from './stop-server.ts'

type Context = StepContext<'k3s.set-aside'>
type Blocked = Extract<Check, { is: 'blocked' }>

const DB = below(K3S_SERVER, 'db')

const asideOf = ({ params }: Context): AbsolutePath => dataAside(params.incarnation)

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const { params, order } = context
  const claim = await earlierClaim(host, params)
  if (typeof claim === 'string') return blocked('order.claim', claim)
  if (params.seed === order.audience) return blocked('k3s.seed', 'the host is the seed: it goes on with the snapshot')
  if (claim.incarnation === params.incarnation) return { is: 'satisfied', said: `the host is of incarnation ${String(claim.incarnation)}` }
  return (await host.stat(asideOf(context))) === null ? { is: 'needed', said: `the host is of incarnation ${String(claim.incarnation)}` } : { is: 'partial', said: 'it was begun' }
}

/** Data that somebody's k3s made after the others were set aside are kept beside them. */
const moveData = async (host: HostWriter, context: Context): Promise<void> => {
  if ((await host.stat(DB)) === null) return
  const isTaken = (await host.stat(asideOf(context))) !== null
  await host.rename(DB, isTaken ? below(K3S_SERVER, `db.aside-${context.order.id}`) : asideOf(context))
}

const apply = async (host: HostWriter, context: Context): Promise<null> => {
  const { cluster, incarnation, seed } = context.params
  context.say('stopping k3s')
  await stopServer(host)
  await moveData(host, context)
  // In the new incarnation it never was a member: it joins as one that is new.
  await host.remove(AT.wasActive)
  await writeClaim(host, { cluster, incarnation, seed })
  return null
}

const verify: StepModule<'k3s.set-aside'>['verify'] = async (host, context) => {
  if (typeof (await heldClaim(host, context.params)) === 'string') throw new DroverError('order.claim', 'the claim is not of the new incarnation')
  return { aside: (await host.stat(asideOf(context))) === null ? null : asideOf(context) }
}

const NotesSchema = z.strictObject({ ...StoodSchema.shape, wasActive: z.boolean() })

const putBack = async (host: HostWriter, context: Context): Promise<void> => {
  if ((await host.stat(asideOf(context))) === null || (await host.stat(DB)) !== null) return
  await stopServer(host)
  await host.rename(asideOf(context), DB)
}

/**
 * Takes a server out of the incarnation before. Its undo gives the old cluster its member back, which it may: the seed of the
 * new one is not started before every server that can be reached has done this.
 */
export const k3sSetAside: StepModule<'k3s.set-aside'> = {
  kind: 'k3s.set-aside',
  check,
  note: async (host) => ({ ...(await readStood(host, (await host.stat(DB)) !== null)), wasActive: (await host.stat(AT.wasActive)) !== null }),
  apply,
  verify,
  undo: async (host, context, notes) => {
    const { wasActive, ...was } = NotesSchema.parse(notes)
    await putBack(host, context)
    if (wasActive && (await host.stat(AT.wasActive)) === null) await host.writeFile(AT.wasActive, new Uint8Array(), 0o644)
    await standAgain(host, was, context.say)
  },
}
