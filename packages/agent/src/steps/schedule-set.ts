import { createHash } from 'node:crypto'
import { DroverError, type Schedule, schedulesText, wallClockOf } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'
import { FIRED } from '../schedule/fired-file.ts'
import { readSchedules, renderSchedules, SCHEDULES } from '../schedule/schedule-file.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'schedule.set'>

/** What this host cannot plan: an expression that node-cron reads otherwise than Drover, or a zone that its Node does not know. */
const unknown = async (schedules: readonly Schedule[]): Promise<string | null> => {
  const { validate } = await import('node-cron')
  for (const { name, cron, timeZone } of schedules) {
    if (!validate(cron)) return `${name}: ${cron} is no cron expression here`
    if (wallClockOf(timeZone) === null) return `${name}: there is no time zone ${timeZone} here`
  }
  return null
}

const isSet = async (host: HostReader, { params }: Context): Promise<boolean> => {
  const file = await readSchedules(host)
  if (params.schedules.length === 0) return file === null && (await host.stat(FIRED)) === null
  return file !== null && file !== 'damaged' && file.cluster === params.cluster && schedulesText(file.schedules) === schedulesText(params.schedules)
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const { cluster, schedules } = context.params
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged' || claim.cluster !== cluster) return { is: 'blocked', code: 'order.claim', said: `the host is not of cluster ${cluster}` }
  const fault = await unknown(schedules)
  if (fault !== null) return { is: 'blocked', code: 'schedule.unknown', said: fault }
  return (await isSet(host, context)) ? { is: 'satisfied', said: 'the schedules are as ordered' } : { is: 'needed', said: 'the schedules are others' }
}

/** Times are counted from the order on, by the coordinator's clock: repeated, the step writes the same bytes. */
const apply = async (host: HostWriter, { params: { cluster, schedules }, order }: Context): Promise<null> => {
  if (schedules.length > 0) {
    await host.writeFile(SCHEDULES, new TextEncoder().encode(renderSchedules({ cluster, since: order.createdAt, schedules })), 0o600)
    return null
  }
  await host.remove(SCHEDULES)
  await host.remove(FIRED)
  return null
}

/** Replaces the host's schedules; the resident agent sees the new file and goes by it. */
export const scheduleSet: StepModule<'schedule.set'> = {
  kind: 'schedule.set',
  check,
  note: (host, context) => setAside(host, asideFolder(context.order), [SCHEDULES, FIRED]),
  apply,
  verify: async (host, context) => {
    if (!(await isSet(host, context))) throw new DroverError('step.tool', 'the schedules are not as they were written')
    const text = schedulesText(context.params.schedules)
    return { digest: text === null ? null : createHash('sha256').update(text).digest('hex') }
  },
  undo: (host, _context, notes) => putBack(host, AsideSchema.parse(notes)),
}
