import { type Finding, type HostId, type Plan, type PlanInput, render, type Said } from '@drover/protocol'
import { stepOf } from './step-of.ts'

/** One line of an explained plan: an action, a wait or a finding, with the host that it is about. */
export type Explained = { readonly kind: 'do' | 'wait' | Finding['level']; readonly host: string; readonly said: Said; readonly because: Said | null }

const nameOf = (input: PlanInput, id: HostId | undefined): string => (id === undefined ? '' : (input.view.hosts[id]?.name ?? id))

/** What a plan says, as data: actions, then waits, then findings. */
export const explain = (input: PlanInput, plan: Plan): readonly Explained[] => [
  ...plan.actions.map((action): Explained => ({
    kind: 'do',
    host: nameOf(input, action.host),
    said: stepOf(action.kind).describe(action.params as never),
    because: action.why,
  })),
  ...plan.waits.map((wait): Explained => ({ kind: 'wait', host: nameOf(input, wait.on[0]), said: wait.reason, because: wait.endsWhen })),
  ...plan.findings.map((found): Explained => ({ kind: found.level, host: nameOf(input, found.on[0]), said: found.said, because: null })),
]

const lineOf = ({ kind, host, said, because }: Explained): string => {
  const what = `${kind.padEnd(5)} ${host.padEnd(10)} ${render(said)}`
  if (because === null) return what
  return `${what}   ${kind === 'wait' ? 'ends when' : 'why'}: ${render(because)}`
}

/** The lines as text for people. */
export const explainText = (lines: readonly Explained[]): string => lines.map((line) => `${lineOf(line).trimEnd()}\n`).join('')
