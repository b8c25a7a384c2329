import { type ForecastShown, render, type WaitShown } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { findingText } from './finding.ts'
import { span, table } from './table.ts'

/** A forecast for people: who becomes what and why, every step, file and unit, the waits, what tolerates what. */
export const forecastText = (forecast: ForecastShown): string => {
  const parts = [
    `Cluster ${forecast.cluster}\n`,
    table(['HOST', 'ROLE', 'ADDRESS', 'INTERFACE'], forecast.roles.map((role) => [role.host, role.role, role.ip, role.iface])),
    lines('Why', forecast.why.map(render)),
    lines('Not chosen', forecast.runnersUp.map(render)),
    hasSteps(forecast) ? stepsText(forecast) : noStepsText(forecast),
    lines('Findings', forecast.findings.map(findingText)),
    !hasSteps(forecast) ? '' : `If a step fails it is undone and tried again, at most ${String(forecast.retries)} times.\n`,
    forecast.removesLearner ? 'A server that is lost before it votes is taken out of etcd again, so that the next one can join.\n' : '',
  ]
  return cleanText(parts.filter((part) => part !== '').join('\n'))
}

const lines = (title: string, texts: readonly string[]): string => (texts.length === 0 ? '' : `${title}\n${texts.map((text) => `  ${text}\n`).join('')}`)

const hasSteps = (forecast: ForecastShown): boolean => forecast.phases.some((phase) => phase.lines.length > 0)

/** Without steps there is nothing to do, or what is fatal leaves nothing that could be planned, or only what was approved before changes. */
const noStepsText = (forecast: ForecastShown): string => {
  if (forecast.findings.some((finding) => finding.level === 'fatal')) return 'No steps can be planned: see the findings.\n'
  if (forecast.quiet) return 'Nothing to do: the cluster is as the spec says.\n'
  return 'No steps: the hosts are as this spec says. Approved, it takes the place of what was approved before: a run or a deletion that goes on ends.\n' + forecast.phases.flatMap((phase) => phase.waits.map(waitText)).join('')
}

const stepsText = (forecast: ForecastShown): string => {
  let number = 0
  const rows = forecast.phases.flatMap((phase) => [
    ...phase.lines.flatMap((line) => {
      number += 1
      const head = `${String(number).padStart(3)}  ${render(line.does)}   ${line.host}   why: ${render(line.why)}\n`
      const touched = line.touches.map((touch) => `       ${touch.how} ${touch.what} ${touch.name}\n`).join('')
      return [head, touched, ...line.waits.map(waitText), `       then: ${String(line.members)} ${line.members === 1 ? 'server' : 'servers'}, tolerates ${String(line.tolerates)} failures\n`]
    }),
    ...phase.waits.map(waitText),
  ])
  return `Steps\n${rows.join('')}`
}

const waitText = (wait: WaitShown): string => `     WAIT ${wait.on.join(', ')}: ${render(wait.reason)}, ends when ${render(wait.endsWhen)}, gives up at ${span(wait.limitMs)}\n`
