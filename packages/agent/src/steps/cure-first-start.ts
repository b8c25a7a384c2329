import { DroverError, unitOf } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT } from '../host/k3s-marks.ts'
import { below } from '../host/path.ts'
import type { StepContext } from './step.ts'

type Context = StepContext<'k3s.start'>

const server = (name: string) => below(AT.data, 'server', name)

const asideIs = async (host: HostReader, context: Context, name: string): Promise<boolean> =>
  (await host.stat(server(`${name}.aside-${context.order.id}`))) !== null

/** Moves a name below the server folder aside, where there is one; what was moved before stays as it is. */
const moveAside = async (host: HostWriter, context: Context, name: string): Promise<void> => {
  if ((await host.stat(server(name))) === null) return
  const again = await asideIs(host, context, name)
  await host.rename(server(name), server(`${name}.aside-${context.order.id}${again ? '-2' : ''}`))
}

/** Only the seed, and only where it never was active in any incarnation; `claim` has been compared before. */
const isFirstStart = async (host: HostReader, { params }: Context): Promise<boolean> => params.initialises && (await host.stat(AT.wasActive)) === null

/** Whether this order has moved data of a first start aside. */
export const wasCured = (host: HostReader, context: Context): Promise<boolean> => asideIs(host, context, 'db')

/** Whether a cure of this order was itself cut short. */
export const cureWasCut = async (host: HostReader, context: Context): Promise<boolean> =>
  (await wasCured(host, context)) && !(await asideIs(host, context, 'tls')) && isFirstStart(host, context)

/** Whether this failure of a start is that of a first start which was cut short and may be cured: never twice in one attempt. */
export const mayCure = async (host: HostReader, context: Context, error: unknown): Promise<boolean> =>
  error instanceof DroverError && error.code === 'k3s.bootstrap-cut' && (await isFirstStart(host, context)) && !(await asideIs(host, context, 'tls'))

/**
 * The cure of a first start that was cut short: nothing is in the datastore yet, so it is moved aside. What a server that
 * joins has got is a copy of what the others have, and a member of theirs: that is never moved. A cure that was cut short
 * itself begins again by the stop: after a power cut k3s was started at boot, on what had been moved by then.
 */
export const cure = async (host: HostWriter, context: Context): Promise<void> => {
  context.say('a first start was cut short; its empty data is moved aside')
  await host.unitDo('stop', unitOf(context.params.role))
  await moveAside(host, context, 'db')
  await moveAside(host, context, 'tls')
}
