import { type OrderId, type Role, unitOf } from '@drover/protocol'
import { isCurrent, renderMark } from '../core/k3s/marks.ts'
import type { HostReader, HostWriter, UnitState } from '../host/host.ts'
import { AT, readInstalled, readOnDisk, readStarted } from '../host/k3s-marks.ts'

/** Which unit is started, and by which order. */
export type Start = { readonly role: Role; readonly order: OrderId }

/** True while the unit runs or is on its way. */
export const isRunning = (unit: UnitState): boolean => unit.active === 'active' || unit.active === 'activating' || unit.active === 'reloading'

/** The version of the binary, as far as Drover installed it. */
const versionMark = async (host: HostReader): Promise<{ version?: string }> => {
  const installed = await readInstalled(host)
  return installed === null ? {} : { version: installed.version }
}

/** Has systemd start (or restart) the unit, once: what is on disk and the present invocation are written down first. */
export const startOnce = async (host: HostWriter, { role, order }: Start): Promise<void> => {
  const name = unitOf(role)
  const unit = await host.unit(name)
  const onDisk = await readOnDisk(host, role)
  if (isRunning(unit) && isCurrent(await readStarted(host), onDisk)) return
  const { cursor } = await host.log(name, '')
  const mark = { binary: onDisk.binary ?? '', settings: onDisk.settings, before: unit.invocation, cursor, order, ...(await versionMark(host)) }
  await host.writeFile(AT.started, new TextEncoder().encode(renderMark(mark)), 0o644)
  await host.unitDo(isRunning(unit) ? 'restart' : 'start', name)
}
