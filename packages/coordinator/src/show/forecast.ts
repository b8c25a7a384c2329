import { type Forecast, type ForecastShown, type Line, type Said, STEPS, type StepDefinition } from '@drover/protocol'
import type { ForecastRow } from '../store/forecasts.ts'
import type { World } from '../world/world.ts'
import { isQuiet } from './is-quiet.ts'
import { serversFirst } from './servers-first.ts'
import { nameOf, showFinding, showWait } from './wait.ts'

/** A stored forecast as the API shows it. */
export const showForecast = (world: World, row: ForecastRow, about: { readonly content: Forecast; readonly run: string | null }): ForecastShown => {
  const { content, run } = about
  return {
    id: row.id as ForecastShown['id'],
    hash: row.hash,
    cluster: row.cluster,
    createdAt: row.created_at,
    createdBy: row.created_by,
    approvedAt: row.approved_at,
    run,
    quiet: isQuiet(world, content),
    roles: Object.entries(content.settled.roles)
      .map(([id, role]) => ({
        host: nameOf(world, id),
        role,
        ip: content.settled.node[id as keyof typeof content.settled.node]?.ip ?? '',
        iface: content.settled.node[id as keyof typeof content.settled.node]?.iface ?? '',
      }))
      .toSorted(serversFirst),
    why: content.settled.why.map(plain),
    runnersUp: content.runnersUp.map(plain),
    phases: content.phases.map((phase) => ({
      lines: phase.lines.map((line) => showLine(world, line)),
      waits: phase.waits.map((wait) => showWait(world, wait, null)),
    })),
    retries: content.ifItFails.retries,
    removesLearner: content.ifItFails.removesLearner === true,
    findings: content.findings.map((finding) => showFinding(world, finding)),
  }
}

/** What a step with these params will do, in words as data. */
export const describe = (kind: string, params: unknown): Said => {
  const step = (STEPS as unknown as Record<string, StepDefinition<string, unknown, unknown> | undefined>)[kind]
  return step === undefined ? { code: 'order.sent', args: { kind, host: '' } } : step.describe(params)
}

const plain = (said: Said): { code: Said['code']; args: Record<string, string | number> } => ({ code: said.code, args: { ...said.args } })

const showLine = (world: World, line: Line): ForecastShown['phases'][number]['lines'][number] => ({
  kind: line.action.kind,
  host: nameOf(world, line.action.host),
  class: line.action.class,
  does: plain(describe(line.action.kind, line.action.params)),
  why: plain(line.action.why),
  touches: line.touches.map((touch) => ({ ...touch })),
  waits: line.waits.map((wait) => showWait(world, wait, null)),
  members: line.members,
  voters: line.voters,
  tolerates: line.tolerates,
})
