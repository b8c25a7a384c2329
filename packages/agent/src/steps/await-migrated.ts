import { DroverError, unitOf } from '@drover/protocol'
import { lastFatalLine } from '../core/parse/fatal-line.ts'
import { startWaits } from '../core/k3s/start-faults.ts'
import type { HostReader, UnitState } from '../host/host.ts'
import { readDatastore } from '../host/k3s-datastore.ts'
import { readStarted } from '../host/k3s-marks.ts'
import { openStartLog } from './await-active.ts'
import type { StepContext } from './step.ts'

const UNIT = unitOf('server')
const POLL = 300

/** A unit that was asked to start can look as before for a moment: it has ended only where it has another invocation since. */
const hasEnded = (unit: UnitState, before: string): boolean => (unit.active === 'failed' || unit.active === 'inactive') && unit.invocation !== before

const ended = (unit: UnitState, lines: readonly string[]): DroverError =>
  new DroverError('k3s.to-etcd', `k3s ended before it was up on etcd: ${lastFatalLine(lines.join('\n')) ?? (startWaits(lines) || `the unit is ${unit.active}`)}`, {
    evidence: lines.slice(-40).join('\n'),
  })

/** How far k3s is, for people: it logs each object that it moves. */
const told = (lines: readonly string[]): string => {
  const moved = lines.filter((line) => line.includes('Migrating etcd key')).length
  return moved === 0 ? `k3s is starting on etcd: ${startWaits(lines) || 'no word yet'}` : 'k3s moves the objects to etcd'
}

/**
 * Stays until k3s is up and has moved its objects. Throws k3s.to-etcd or another code of k3s.* in k3s's own words as soon as
 * it has ended, since systemd was told not to start it again.
 */
export const awaitMigrated = async (host: HostReader, context: StepContext<'k3s.to-etcd'>): Promise<void> => {
  const { cursor, before } = (await readStarted(host)) ?? { cursor: '', before: '' }
  const log = openStartLog(host, UNIT, cursor)
  for (let said = ''; ; await host.pause(POLL)) {
    const unit = await host.unit(UNIT)
    if (unit.active === 'active' || context.signal.aborted) break
    await log.look(unit)
    if (hasEnded(unit, before)) throw ended(unit, log.lines)
    if (told(log.lines) !== said) context.say(told(log.lines))
    said = told(log.lines)
  }
  const { sqlite } = await readDatastore(host)
  if (sqlite) throw new DroverError('k3s.to-etcd', 'k3s did not move all objects to etcd')
}
