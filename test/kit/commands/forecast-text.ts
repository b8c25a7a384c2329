import { type Forecast, type HostId, type Line, render, type Wait } from '@drover/protocol'
import { stepOf } from '../../../packages/coordinator/src/core/planner/step-of.ts'
import type { LoopWorld } from '../loop-world/world.ts'

const nameOf = (world: LoopWorld, id: HostId): string => [...world.hosts.values()].find((host) => host.id === id)?.name ?? id

const waitText = (wait: Wait): string => `     WAIT ${render(wait.reason)}; ends when ${render(wait.endsWhen)}; ${wait.limit / 60_000} min\n`

const lineText = (world: LoopWorld, line: Line): string => {
  const does = render(stepOf(line.action.kind).describe(line.action.params as never))
  return `  ${nameOf(world, line.action.host).padEnd(6)} ${does}; ${render(line.action.why)}\n${line.waits.map(waitText).join('')}`
}

/** A forecast as a scenario shows it: reasons, phases with members and failures tolerated, findings. */
export const forecastText = (world: LoopWorld, forecast: Forecast): string => {
  const phases = forecast.phases.map((phase, index) => {
    const last = phase.lines.at(-1)
    const after = last === undefined ? '' : ` -> servers ${last.members}, tolerates ${last.tolerates}`
    return `phase ${index + 1}${after}\n${phase.lines.map((line) => lineText(world, line)).join('')}${phase.waits.map(waitText).join('')}`
  })
  const why = forecast.settled.why.map((said) => `because ${render(said)}\n`)
  const others = forecast.runnersUp.map((said) => `other ${render(said)}\n`)
  const findings = forecast.findings.map(({ level, said }) => `${level} ${render(said)}\n`)
  return [...why, ...others, ...phases, ...(phases.length === 0 ? ['nothing to do\n'] : []), ...findings].join('')
}
