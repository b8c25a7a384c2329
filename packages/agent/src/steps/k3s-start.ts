import { DroverError, K3S, unitFileOf, unitOf } from '@drover/protocol'
import * as z from 'zod'
import { isCurrent } from '../core/k3s/marks.ts'
import { ownPorts } from '../core/k3s/own-ports.ts'
import { lastSaid } from '../core/k3s/start-faults.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import { yamlTopKeys } from '../core/parse/yaml-keys.ts'
import { ETCD_MEMBER } from '../facts/readers/etcd.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readOnDisk, readStarted, readText } from '../host/k3s-marks.ts'
import { readOpenPorts } from '../host/open-ports.ts'
import { absolutePath, below } from '../host/path.ts'
import { unitIsUp } from '../host/unit-is-up.ts'
import { heldClaim } from './against-claim.ts'
import { againstFirst, namesServer } from './against-first.ts'
import { awaitActive, openStartLog } from './await-active.ts'
import { cure, cureWasCut, mayCure, wasCured } from './cure-first-start.ts'
import { notUp } from './not-up.ts'
import { isRunning, type Start, startOnce } from './start-once.ts'
import type { Check, StepContext, StepModule } from './step.ts'
import { uncopied } from './uncopied.ts'

type Context = StepContext<'k3s.start'>
type Blocked = Extract<Check, { is: 'blocked' }>

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

/** Where k3s would make a new cluster on this host, whether it may. */
const againstSeed = async (host: HostReader, { order, params }: Context, seed: string): Promise<Blocked | null> => {
  if (params.initialises && seed !== order.audience) return blocked('k3s.seed', `the seed is ${seed}`)
  const joins = await namesServer(host)
  if (params.role === 'server' && !params.initialises && !joins) return blocked('k3s.seed', 'its settings name no server to join, so it would initialise')
  return params.initialises ? againstFirst(host, joins) : null
}

const againstClaim = async (host: HostReader, context: Context): Promise<Blocked | null> => {
  const claim = await heldClaim(host, context.params)
  return typeof claim === 'string' ? blocked('order.claim', claim) : againstSeed(host, context, claim.seed)
}

const againstHost = async (host: HostReader, { params }: Context): Promise<Blocked | null> => {
  const unit = await readText(host, absolutePath(unitFileOf(params.role)))
  if (unit === null) return blocked('k3s.start', `${unitFileOf(params.role)} is missing`)
  if (!unitIsOurs(unit)) return blocked('k3s.foreign', `${unitFileOf(params.role)} was not written by Drover`)
  if ((await host.stat(AT.binary)) === null) return blocked('k3s.start', `${K3S.binary} is missing`)
  const harm = await uncopied(host, yamlTopKeys((await readText(host, AT.dropIn)) ?? ''))
  return harm === null ? null : blocked('k3s.uncopied', harm)
}

const heldPorts = async (host: HostReader, { params }: Context): Promise<readonly number[]> => {
  const open = await readOpenPorts(host)
  const keys = yamlTopKeys((await readText(host, AT.dropIn)) ?? '')
  return ownPorts(params.role, keys).filter((port) => open.has(port))
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const against = (await againstClaim(host, context)) ?? (await againstHost(host, context))
  if (against !== null) return against
  const { role } = context.params
  const unit = await host.unit(unitOf(role))
  const current = isCurrent(await readStarted(host), await readOnDisk(host, role))
  if (isRunning(unit) && current) return unit.enabled && (await unitIsUp(host, role, unit)) ? { is: 'satisfied', said: 'it runs with these settings' } : { is: 'partial', said: `it is ${unit.active}` }
  if (isRunning(unit)) return { is: 'needed', said: 'it runs with older settings' }
  // A restart that was asked for before a crash: the ports are still its own.
  if (unit.active === 'deactivating') return { is: 'needed', said: 'it is stopping' }
  const [port] = await heldPorts(host, context)
  return port === undefined ? { is: 'needed', said: `it is ${unit.active}` } : blocked('k3s.port', `tcp/${String(port)} is in use`)
}

const ReceiptSchema = z.strictObject({ seconds: z.int(), cured: z.boolean() })
const NotesSchema = z.strictObject({ active: z.boolean(), enabled: z.boolean(), started: z.string().nullable() })

const startOf = ({ order, params }: Context): Start => ({ role: params.role, order: order.id })

const awaitStart = async (host: HostReader, context: Context): Promise<void> => {
  const { role } = context.params
  const started = await readStarted(host)
  await awaitActive(host, context, { role, cursor: started?.cursor ?? '', restarts: (await host.unit(unitOf(role))).restarts })
}

const MOST_LOOKS = 120

/** k3s on a server whose etcd member was removed stays down for ever; it joins as a new member once it is restarted. */
const mayRejoin = async (host: HostReader, error: unknown): Promise<boolean> => error instanceof DroverError && error.code === 'k3s.removed' && (await namesServer(host))

const TOMBSTONE = below(AT.data, 'server', 'db', 'etcd', 'tombstone')

/**
 * k3s leaves a mark by which its next start sets the data of the lost member aside; without it that start would end as this
 * one. It is stopped before it is started: until it has ended it goes on to say that its member is gone.
 */
const prepareRejoin = async (host: HostWriter, context: Context): Promise<void> => {
  context.say('etcd has removed its member meanwhile; k3s is restarted to join anew')
  for (let looks = 0; looks < MOST_LOOKS && !context.signal.aborted && (await host.stat(TOMBSTONE)) === null; looks += 1) await host.pause(500)
  await host.unitDo('stop', unitOf(context.params.role))
}

/** Gets over what kept a start from coming up, where there is a remedy, and starts anew; throws the error again where there is none. */
const remedy = async (host: HostWriter, context: Context, error: unknown): Promise<void> => {
  if (await mayCure(host, context, error)) await cure(host, context)
  else if (await mayRejoin(host, error)) await prepareRejoin(host, context)
  else throw error
  await startOnce(host, startOf(context))
}

const apply = async (host: HostWriter, context: Context): Promise<{ seconds: number; cured: boolean }> => {
  const { role } = context.params
  if (await cureWasCut(host, context)) await cure(host, context)
  if (!(await host.unit(unitOf(role))).enabled) await host.unitDo('enable', unitOf(role))
  await startOnce(host, startOf(context))
  try {
    await awaitStart(host, context)
  } catch (error) {
    await remedy(host, context, error)
    await awaitStart(host, context)
  }
  return { seconds: Math.round(context.elapsed() / 1000), cured: await wasCured(host, context) }
}

const verify: StepModule<'k3s.start'>['verify'] = async (host, context, receipt) => {
  const log = openStartLog(host, unitOf(context.params.role), (await readStarted(host))?.cursor ?? '')
  let reason = await notUp(host, context.params)
  for (let looks = 0; reason !== null; looks += 1) {
    await log.look(await host.unit(unitOf(context.params.role)))
    const told = [reason, lastSaid(log.lines)].filter((text) => text !== '').join(': ')
    if (looks >= MOST_LOOKS || context.signal.aborted) throw new DroverError('k3s.start', told, { evidence: log.lines.slice(-40).join('\n') })
    context.say(told)
    await host.pause(500)
    reason = await notUp(host, context.params)
  }
  return ReceiptSchema.parse(receipt ?? { seconds: 0, cured: false })
}

/**
 * A server beside others may have a vote by now, even where its etcd does not answer: stopping it could cost the quorum of the
 * others, so it is left running. Until etcd took it in there is no such folder.
 */
const mayVote = async (host: HostReader, { params }: Context): Promise<boolean> =>
  params.role === 'server' && (await host.stat(ETCD_MEMBER)) !== null && (await namesServer(host))

const putBack = async (host: HostWriter, context: Context, was: z.infer<typeof NotesSchema>): Promise<void> => {
  const name = unitOf(context.params.role)
  if (!was.active && (await mayVote(host, context))) throw new DroverError('k3s.start', 'k3s is left running: its etcd member may have a vote, and stopping it could cost the quorum')
  if (!was.active) await host.unitDo('stop', name)
  if (!was.enabled && (await host.unit(name)).enabled) await host.unitDo('disable', name)
  if (was.started === null) await host.remove(AT.started)
  else if (!was.active) await host.writeFile(AT.started, new TextEncoder().encode(was.started), 0o644)
}

/** Starts k3s, or restarts it where it runs with older settings, and stays until it is up. */
export const k3sStart: StepModule<'k3s.start'> = {
  kind: 'k3s.start',
  check,
  note: async (host, context) => {
    const unit = await host.unit(unitOf(context.params.role))
    return { active: isRunning(unit), enabled: unit.enabled, started: await readText(host, AT.started) }
  },
  apply,
  verify,
  undo: (host, context, notes) => putBack(host, context, NotesSchema.parse(notes)),
}
