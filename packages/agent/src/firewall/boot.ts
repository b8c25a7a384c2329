import { FIREWALL } from '@drover/protocol'
import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import type { AbsolutePath } from '../host/path.ts'
import { AsideSchema, putBack, setAside } from '../steps/set-aside.ts'
import { FIREWALL_AT } from './at.ts'
import { backendOf } from './backend-of.ts'
import { disarm } from './dead-man.ts'

/** Notes of what was kept for the next boot: the files, and how the unit stood. */
export const BootNotesSchema = z.strictObject({ files: AsideSchema, enabled: z.boolean(), active: z.boolean() })

/** Notes what is kept for the next boot, with copies in the folder. */
export const noteBoot = async (host: HostWriter, folder: AbsolutePath): Promise<z.infer<typeof BootNotesSchema>> => {
  const unit = await host.unit(FIREWALL.unit)
  const files = await setAside(host, folder, [FIREWALL_AT.active, FIREWALL_AT.unitFile])
  return { files, enabled: unit.enabled, active: unit.active === 'active' }
}

/** True where the kept rules come back at boot, and with every restart of nftables.service. */
export const isBootSet = async (host: HostReader): Promise<boolean> => {
  const unit = await host.unit(FIREWALL.unit)
  return unit.enabled && unit.active === 'active' && !unit.stale
}

/** Puts files, unit and rules back as they were noted. */
export const restoreBoot = async (host: HostWriter, notes: unknown): Promise<void> => {
  const was = BootNotesSchema.parse(notes)
  const unit = await host.unit(FIREWALL.unit)
  if (!was.enabled && unit.enabled) await host.unitDo('disable', FIREWALL.unit)
  if (!was.active && unit.active === 'active') await host.unitDo('stop', FIREWALL.unit)
  await putBack(host, was.files)
  await host.daemonReload()
  if (was.enabled && !(await host.unit(FIREWALL.unit)).enabled) await host.unitDo('enable', FIREWALL.unit)
  await (await backendOf(host)).restore(host)
  await disarm(host)
  if (was.active && (await host.unit(FIREWALL.unit)).active !== 'active') await host.unitDo('start', FIREWALL.unit)
}
