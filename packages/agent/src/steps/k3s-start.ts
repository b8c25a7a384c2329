import { type Claim, DroverError, K3S, type Role, unitFileOf, unitOf } from '@drover/protocol'
import * as z from 'zod'
import { isCurrent, renderMark } from '../core/k3s/marks.ts'
import { ownPorts } from '../core/k3s/own-ports.ts'
import { lastSaid } from '../core/k3s/start-faults.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import { parseProcSockets } from '../core/parse/proc-sockets.ts'
import { yamlTopKeys } from '../core/parse/yaml-keys.ts'
import type { HostReader, HostWriter, UnitState } from '../host/host.ts'
import { AT, readClaim, readInstalled, readOnDisk, readStarted, readText } from '../host/k3s-marks.ts'
import { absolutePath, below } from '../host/path.ts'
import { unitIsUp } from '../host/unit-is-up.ts'
import { askLoopback } from './ask-loopback.ts'
import { awaitActive, openStartLog } from './await-active.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'k3s.start'>
type Blocked = Extract<Check, { is: 'blocked' }>

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

const otherClaim = (claim: Claim, params: Context['params']): string | null => {
  if (claim.cluster !== params.cluster) return `the host has promised itself to ${claim.cluster}`
  if (claim.incarnation === params.incarnation) return null
  return `the host is of incarnation ${String(claim.incarnation)}, the order of ${String(params.incarnation)}`
}

/** Whether this host would make a new cluster, and whether it may. */
const againstSeed = async (host: HostReader, { order, params }: Context, seed: string): Promise<Blocked | null> => {
  const joins = yamlTopKeys((await readText(host, AT.dropIn)) ?? '').includes('server')
  const initialises = params.role === 'server' && !joins
  if (initialises !== params.initialises) {
    return blocked('k3s.seed', initialises ? 'its settings name no server to join, so it would initialise' : 'its settings name a server to join')
  }
  return initialises && seed !== order.audience ? blocked('k3s.seed', `the seed is ${seed}`) : null
}

const againstClaim = async (host: HostReader, context: Context): Promise<Blocked | null> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return blocked('order.claim', `claim.json is ${claim ?? 'missing'}`)
  const other = otherClaim(claim, context.params)
  return other === null ? againstSeed(host, context, claim.seed) : blocked('order.claim', other)
}

const againstHost = async (host: HostReader, { params }: Context): Promise<Blocked | null> => {
  const unit = await readText(host, absolutePath(unitFileOf(params.role)))
  if (unit === null) return blocked('k3s.start', `${unitFileOf(params.role)} is missing`)
  if (!unitIsOurs(unit)) return blocked('k3s.foreign', `${unitFileOf(params.role)} was not written by Drover`)
  return (await host.stat(AT.binary)) === null ? blocked('k3s.start', `${K3S.binary} is missing`) : null
}

const PROC = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => absolutePath(path))

const heldPorts = async (host: HostReader, { params }: Context): Promise<readonly number[]> => {
  const texts = await Promise.all(PROC.map((path) => readText(host, path)))
  const open = new Set(texts.flatMap((text) => parseProcSockets('tcp', text ?? '')).map((socket) => socket.port))
  const keys = yamlTopKeys((await readText(host, AT.dropIn)) ?? '')
  return ownPorts(params.role, keys).filter((port) => open.has(port))
}

const running = (unit: UnitState): boolean => unit.active === 'active' || unit.active === 'activating' || unit.active === 'reloading'

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const against = (await againstClaim(host, context)) ?? (await againstHost(host, context))
  if (against !== null) return against
  const { role } = context.params
  const unit = await host.unit(unitOf(role))
  const current = isCurrent(await readStarted(host), await readOnDisk(host, role))
  if (running(unit) && current) return unit.enabled && (await unitIsUp(host, role, unit)) ? { is: 'satisfied', said: 'it runs with these settings' } : { is: 'partial', said: `it is ${unit.active}` }
  if (running(unit)) return { is: 'needed', said: 'it runs with older settings' }
  // A restart that was asked for before a crash: the ports are still its own.
  if (unit.active === 'deactivating') return { is: 'needed', said: 'it is stopping' }
  const [port] = await heldPorts(host, context)
  return port === undefined ? { is: 'needed', said: `it is ${unit.active}` } : blocked('k3s.port', `tcp/${String(port)} is in use`)
}

const ReceiptSchema = z.strictObject({ seconds: z.int(), cured: z.boolean() })
const NotesSchema = z.strictObject({ active: z.boolean(), enabled: z.boolean(), started: z.string().nullable() })

/** The version of the binary, as far as Drover installed it. */
const versionMark = async (host: HostReader): Promise<{ version?: string }> => {
  const installed = await readInstalled(host)
  return installed === null ? {} : { version: installed.version }
}

/** Has systemd start (or restart) the unit, once: what is on disk and the present invocation are written down first. */
const startOnce = async (host: HostWriter, context: Context): Promise<void> => {
  const { role } = context.params
  const name = unitOf(role)
  const unit = await host.unit(name)
  const onDisk = await readOnDisk(host, role)
  if (running(unit) && isCurrent(await readStarted(host), onDisk)) return
  const { cursor } = await host.log(name, '')
  const mark = { binary: onDisk.binary ?? '', settings: onDisk.settings, before: unit.invocation, cursor, order: context.order.id, ...(await versionMark(host)) }
  await host.writeFile(AT.started, new TextEncoder().encode(renderMark(mark)), 0o644)
  await host.unitDo(running(unit) ? 'restart' : 'start', name)
}

const server = (name: string) => below(AT.data, 'server', name)

/** Moves a name below the server folder aside, where there is one; what was moved before stays as it is. */
const moveAside = async (host: HostWriter, context: Context, name: string): Promise<void> => {
  if ((await host.stat(server(name))) === null) return
  const again = await asideIs(host, context, name)
  await host.rename(server(name), server(`${name}.aside-${context.order.id}${again ? '-2' : ''}`))
}

const asideIs = async (host: HostReader, context: Context, name: string): Promise<boolean> =>
  (await host.stat(server(`${name}.aside-${context.order.id}`))) !== null

/**
 * The cure of a first start that was cut short: nothing is in the datastore yet, so it is moved aside. Only where this
 * host never was active in any incarnation; `claim` has been compared before. Never twice in one attempt. A cure that was
 * cut short itself begins again by the stop: after a power cut k3s was started at boot, on what had been moved by then.
 */
const cure = async (host: HostWriter, context: Context): Promise<void> => {
  context.say('a first start was cut short; its empty data is moved aside')
  await host.unitDo('stop', unitOf(context.params.role))
  await moveAside(host, context, 'db')
  await moveAside(host, context, 'tls')
}

const mayCure = async (host: HostReader, context: Context, error: unknown): Promise<boolean> =>
  error instanceof DroverError &&
  error.code === 'k3s.bootstrap-cut' &&
  context.params.role === 'server' &&
  (await host.stat(AT.wasActive)) === null &&
  !(await asideIs(host, context, 'tls'))

const awaitStart = async (host: HostReader, context: Context): Promise<void> => {
  const { role } = context.params
  const started = await readStarted(host)
  await awaitActive(host, context, { role, cursor: started?.cursor ?? '', restarts: (await host.unit(unitOf(role))).restarts })
}

const apply = async (host: HostWriter, context: Context): Promise<{ seconds: number; cured: boolean }> => {
  const { role } = context.params
  const cutShort = (await asideIs(host, context, 'db')) && !(await asideIs(host, context, 'tls')) && (await host.stat(AT.wasActive)) === null
  if (cutShort) await cure(host, context)
  if (!(await host.unit(unitOf(role))).enabled) await host.unitDo('enable', unitOf(role))
  await startOnce(host, context)
  try {
    await awaitStart(host, context)
  } catch (error) {
    if (!(await mayCure(host, context, error))) throw error
    await cure(host, context)
    await startOnce(host, context)
    await awaitStart(host, context)
  }
  return { seconds: Math.round(context.elapsed() / 1000), cured: await asideIs(host, context, 'db') }
}

const MOST_LOOKS = 120

/** What keeps the role from being up, for people; null where it is up. */
const notUp = async (host: HostReader, role: Role): Promise<string | null> => {
  const unit = await host.unit(unitOf(role))
  if (!(await unitIsUp(host, role, unit))) return `the unit is ${unit.active}`
  if (role === 'agent') return null
  const answer = await askLoopback(host, '/readyz')
  if (answer === null) return '/readyz does not answer'
  return answer.status === 200 && answer.body.trim() === 'ok' ? null : `/readyz says ${String(answer.status)} ${answer.body.slice(0, 200)}`
}

const verify: StepModule<'k3s.start'>['verify'] = async (host, context, receipt) => {
  const { role } = context.params
  const log = openStartLog(host, unitOf(role), (await readStarted(host))?.cursor ?? '')
  let reason = await notUp(host, role)
  for (let looks = 0; reason !== null; looks += 1) {
    await log.look(await host.unit(unitOf(role)))
    const told = [reason, lastSaid(log.lines)].filter((text) => text !== '').join(': ')
    if (looks >= MOST_LOOKS || context.signal.aborted) throw new DroverError('k3s.start', told, { evidence: log.lines.slice(-40).join('\n') })
    context.say(told)
    await host.pause(500)
    reason = await notUp(host, role)
  }
  return ReceiptSchema.parse(receipt ?? { seconds: 0, cured: false })
}

/** Starts k3s, or restarts it where it runs with older settings, and stays until it is up. */
export const k3sStart: StepModule<'k3s.start'> = {
  kind: 'k3s.start',
  check,
  note: async (host, context) => {
    const unit = await host.unit(unitOf(context.params.role))
    return { active: running(unit), enabled: unit.enabled, started: await readText(host, AT.started) }
  },
  apply,
  verify,
  undo: async (host, context, notes) => {
    const was = NotesSchema.parse(notes)
    const name = unitOf(context.params.role)
    if (!was.active) await host.unitDo('stop', name)
    if (!was.enabled && (await host.unit(name)).enabled) await host.unitDo('disable', name)
    if (was.started === null) await host.remove(AT.started)
    else if (!was.active) await host.writeFile(AT.started, new TextEncoder().encode(was.started), 0o644)
  },
}
