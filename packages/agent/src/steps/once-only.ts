import type { HostReader, HostWriter } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'

/** Below /run: a boot takes it away, and by then the unit is not enabled. */
const NO_RESTART = absolutePath('/run/systemd/system/k3s.service.d/90-drover-once.conf')

/** True while systemd was told to start k3s only when it is asked to. */
export const isHeldDown = async (host: HostReader): Promise<boolean> => (await host.stat(NO_RESTART)) !== null

/** From here on k3s starts only when it is asked to: neither at a boot, nor again where it ends. */
export const holdDown = async (host: HostWriter, unit: string): Promise<void> => {
  await host.writeFile(NO_RESTART, new TextEncoder().encode('# Written by Drover for one start of k3s.\n[Service]\nRestart=no\n'), 0o644)
  await host.daemonReload()
  if ((await host.unit(unit)).enabled) await host.unitDo('disable', unit)
}

/** systemd starts k3s again where it ends, and at a boot where `enabled` says so. */
export const letGo = async (host: HostWriter, unit: string, enabled: boolean): Promise<void> => {
  await host.remove(NO_RESTART)
  await host.daemonReload()
  if (enabled && !(await host.unit(unit)).enabled) await host.unitDo('enable', unit)
}
