import { DroverError, FIREWALL } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import { FIREWALL_AT } from './at.ts'

const SERVICE = FIREWALL.revertTimer.replace(/\.timer$/, '')

const isArmed = async (host: HostReader): Promise<boolean> => !['inactive', 'failed'].includes((await host.unit(FIREWALL.revertTimer)).active)

/** Stops the timer of a stage; none is fine. What it would have loaded goes with it. */
export const disarm = async (host: HostWriter): Promise<void> => {
  if (await isArmed(host)) await host.unitDo('stop', FIREWALL.revertTimer)
  await host.remove(FIREWALL_AT.revert)
  await host.removeEmpty(FIREWALL_AT.state)
}

/** Has PID 1 load the transaction after so many ms, whatever becomes of this program. */
export const armTimer = async (host: HostWriter, transaction: string, windowMs: number): Promise<void> => {
  await disarm(host)
  await host.writeFile(FIREWALL_AT.revert, new TextEncoder().encode(transaction), 0o600)
  const args = [`--unit=${SERVICE}`, '--collect', '--quiet', `--on-active=${String(windowMs)}ms`, '--timer-property=AccuracySec=100ms']
  const ran = await host.change('systemd-run', [...args, '--', 'nft', '-j', '-f', FIREWALL.revert])
  if (ran.code !== 0) throw new DroverError('step.tool', 'the timer that would take the rules back cannot be armed: nothing was changed', { evidence: ran.stderr })
}
