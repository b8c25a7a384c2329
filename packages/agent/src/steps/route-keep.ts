import { DroverError, ROUTE } from '@drover/protocol'
import * as z from 'zod'
import { unitIsOurs } from '../core/k3s/unit.ts'
import { isOurDefault, routeState, takenBy } from '../core/route/state.ts'
import { renderRouteUnit } from '../core/route/unit.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { readRoutes, ROUTE_UNIT_FILE } from '../host/routes.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'route.keep'>

const POLL = 100

/** What of somebody else stands where our unit and our addresses would. */
const taken = async (host: HostReader): Promise<string | null> => {
  const text = await readText(host, ROUTE_UNIT_FILE)
  if (text !== null && !unitIsOurs(text)) return `${ROUTE.unitFile} was not written by Drover`
  const route = takenBy(await readRoutes(host))
  return route === null ? null : `the addresses of ${ROUTE.address} are in use here: ${route}`
}

const isKept = async (host: HostReader, { params }: Context): Promise<boolean> => {
  const unit = await host.unit(ROUTE.unit)
  return unit.enabled && !unit.stale && (await readText(host, ROUTE_UNIT_FILE)) === renderRouteUnit(params)
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const state = routeState(await readRoutes(host))
  if (state === 'real') return { is: 'satisfied', said: 'the host has a default route of its own' }
  const said = await taken(host)
  if (said !== null) return { is: 'blocked', code: 'route.taken', said }
  if (state === 'none') return { is: 'needed', said: 'no default in /proc/net/route' }
  return (await isKept(host, context)) ? { is: 'satisfied', said: 'the made routes are there and kept' } : { is: 'partial', said: 'the made routes are there, but are not kept as ordered' }
}

const NotesSchema = z.strictObject({ active: z.boolean(), enabled: z.boolean(), aside: AsideSchema })

const note: StepModule<'route.keep'>['note'] = async (host, { order }) => {
  const { active, enabled } = await host.unit(ROUTE.unit)
  return { active: active === 'active', enabled, aside: await setAside(host, asideFolder(order), [ROUTE_UNIT_FILE]) }
}

/** Stays until the unit has ended its work, one way or the other. */
const awaitUnit = async (host: HostReader, { signal }: Context): Promise<void> => {
  for (;;) {
    const { active } = await host.unit(ROUTE.unit)
    const state = routeState(await readRoutes(host))
    if (active === 'failed' || state === 'real' || (state === 'ours' && active === 'active') || signal.aborted) return
    await host.pause(POLL)
  }
}

const apply = async (host: HostWriter, context: Context): Promise<null> => {
  await host.writeFile(ROUTE_UNIT_FILE, new TextEncoder().encode(renderRouteUnit(context.params)), 0o644)
  await host.daemonReload()
  await host.unitDo('enable', ROUTE.unit)
  const { active } = await host.unit(ROUTE.unit)
  await host.unitDo(active === 'active' ? 'restart' : 'start', ROUTE.unit)
  await awaitUnit(host, context)
  return null
}

const verify: StepModule<'route.keep'>['verify'] = async (host, context) => {
  const route = routeState(await readRoutes(host))
  if (route === 'none') {
    const { lines } = await host.log(ROUTE.unit, '')
    throw new DroverError('step.tool', 'the route did not come up', { evidence: lines.slice(-20).join('\n') })
  }
  if (route === 'ours' && !(await isKept(host, context))) throw new DroverError('step.tool', `${ROUTE.unitFile} is not as it was written, or not enabled`)
  return { route }
}

const undo = async (host: HostWriter, _context: Context, notes: unknown): Promise<void> => {
  const { active, enabled, aside } = NotesSchema.parse(notes)
  const unit = await host.unit(ROUTE.unit)
  if (unit.load === 'loaded') {
    await host.unitDo('stop', ROUTE.unit)
    if (unit.enabled && !enabled) await host.unitDo('disable', ROUTE.unit)
  }
  await putBack(host, aside)
  await host.daemonReload()
  if (active) await host.unitDo('start', ROUTE.unit)
  else if ((await readRoutes(host)).some(isOurDefault)) await host.change('ip', ['link', 'delete', 'dev', ROUTE.link])
}

/** Makes the default route that a host lacks, and has systemd make it again at each boot. */
export const routeKeep: StepModule<'route.keep'> = { kind: 'route.keep', check, note, apply, verify, undo }
