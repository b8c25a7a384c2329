import { DroverError, type Role, unitOf } from '@drover/protocol'
import { lastSaid, type StartFault, startFault, startWaits } from '../core/k3s/start-faults.ts'
import type { HostReader, UnitState } from '../host/host.ts'
import { unitIsUp } from '../host/unit-is-up.ts'
import type { StepContext } from './step.ts'

/** Where to look, from which restart count and which place in the log on. */
export type Awaited = { readonly role: Role; readonly cursor: string; readonly restarts: number }

/** The log of k3s from a place on; `look` reads what is new and throws where it shows that waiting does not help. */
export type StartLog = { readonly lines: readonly string[]; readonly look: (unit: UnitState) => Promise<void> }

/** Nothing is read yet; the last 400 lines are kept. */
export const openStartLog = (host: HostReader, name: string, from: string): StartLog => {
  const lines: string[] = []
  let cursor = from
  return {
    lines,
    look: async (unit) => {
      const more = await host.log(name, cursor)
      cursor = more.cursor
      lines.push(...more.lines)
      lines.splice(0, Math.max(0, lines.length - 400))
      const fault = startFault(lines)
      if (fault !== null) throw failure(fault, lines, unit.restarts)
    },
  }
}

/** In ms, between two looks at the unit; each second time its log is read too. Each look starts a program. */
const POLL = 500

const failure = (fault: StartFault, lines: readonly string[], restarts: number): DroverError =>
  new DroverError(fault.code, `k3s does not come up: ${fault.words === '' ? '' : `${fault.words}: `}${lastSaid([fault.line]) || fault.line.slice(0, 200)}`, {
    evidence: `restarts: ${String(restarts)}\n${lines.slice(-40).join('\n')}`,
  })

const isGone = (unit: UnitState): boolean => unit.active === 'failed' || unit.load !== 'loaded'

const told = (unit: UnitState, restarts: number, lines: readonly string[]): string => {
  const again = restarts > 0 ? `, restarted ${String(restarts)} times` : ''
  return `k3s is ${unit.active} (${unit.sub})${again}: ${startWaits(lines) || 'no word yet'}`
}

/**
 * Stays until k3s is up. Throws a code of k3s.* as soon as its log shows that waiting does not help; says meanwhile what is waited for.
 */
export const awaitActive = async (host: HostReader, context: StepContext<'k3s.start'>, from: Awaited): Promise<void> => {
  const name = unitOf(from.role)
  const log = openStartLog(host, name, from.cursor)
  let before = ''
  for (let looks = 0; ; looks += 1) {
    const unit = await host.unit(name)
    if (await unitIsUp(host, from.role, unit)) return
    if (looks % 2 === 0 || isGone(unit)) await log.look(unit)
    if (isGone(unit)) throw new DroverError('k3s.start', `the unit is ${unit.load}, ${unit.active}`, { evidence: log.lines.slice(-40).join('\n') })
    const text = told(unit, unit.restarts - from.restarts, log.lines)
    if (text !== before) context.say(text)
    before = text
    if (context.signal.aborted) return
    await host.pause(POLL)
  }
}
