import { type Finding, type Forecast, type Line, type Phase, type Plan, type PlanInput, say, type View, type Wait } from '@drover/protocol'
import { applyEffects, applyPatches } from './apply-patch.ts'
import { finding } from './finding.ts'
import { planCluster, planRound } from './plan-cluster.ts'
import { stepOf } from './step-of.ts'
import { toleranceOf } from './tolerance.ts'

/** How often a step that failed may be sent again under one approval. */
export const RETRIES = 3

type Prediction = { readonly phases: readonly Phase[]; readonly plans: readonly Plan[]; readonly settles: boolean }

const linesOf = (input: PlanInput, plan: Plan, after: View): Line[] => {
  const tolerance = toleranceOf(after, input.settled)
  return plan.actions.map((action) => ({ action, touches: stepOf(action.kind).touches(action.params as never), waits: [], ...tolerance }))
}

type Draft = { readonly lines: Line[]; readonly waits: Wait[] }

/** Shows each wait at the last line of each host that it waits for, or at the last phase where no line is about them. */
const addWaits = (phases: Draft[], waits: readonly Wait[]): void => {
  const place = new Map(phases.flatMap(({ lines }) => lines.map((line, index) => [line.action.host, { lines, index }] as const)))
  for (const wait of waits) {
    const places = wait.on.flatMap((host) => place.get(host) ?? [])
    for (const { lines, index } of places) {
      const line = lines[index]
      if (line !== undefined) lines[index] = { ...line, waits: [...line.waits, wait] }
    }
    if (places.length > 0) continue
    if (phases.length === 0) phases.push({ lines: [], waits: [] })
    phases.at(-1)?.waits.push(wait)
  }
}

/** Plans, applies what is predicted and plans again, until there is nothing to do and nothing to wait for. */
const predict = (input: PlanInput, rounds: number): Prediction => {
  const phases: Draft[] = []
  const plans: Plan[] = []
  let { view } = input
  for (let round = 0; round < rounds; round += 1) {
    const now = { ...input, view }
    const plan = round === 0 ? planCluster(now) : planRound(now)
    plans.push(plan)
    if (plan.actions.length > 0) {
      view = applyEffects(view, plan.actions, input.now)
      phases.push({ lines: linesOf(input, plan, view), waits: [] })
    } else if (plan.waits.length > 0) {
      view = applyPatches(view, plan.waits.map((wait) => wait.assume), input.now)
      addWaits(phases, plan.waits)
    } else return { phases, plans, settles: true }
  }
  return { phases, plans, settles: false }
}

const textOf = ({ level, said }: Finding): string => `${level} ${said.code} ${JSON.stringify(said.args)}`

/** The findings of all rounds, each once. */
const distinct = (findings: readonly Finding[]): readonly Finding[] => [...new Map(findings.map((found) => [textOf(found), found])).values()]

/** Rounds after which a forecast is given up: several for each host, and some for the cluster. */
export const roundsOf = (input: PlanInput): number => 4 * Object.keys(input.settled.roles).length + 50

/** What comes out of settling that a forecast shows beside the plan. */
export type Chosen = { readonly runnersUp: Forecast['runnersUp']; readonly findings: readonly Finding[] }

/**
 * The whole run, predicted: what would be done in which order, with the waits in between. Orders in flight are left out,
 * since a new approval supersedes the run that sent them. It can be approved unless a finding is fatal.
 */
export const forecast = (input: PlanInput, chosen: Chosen = { runnersUp: [], findings: [] }): Forecast => {
  const isDoomed = chosen.findings.some((found) => found.level === 'fatal')
  const { phases, plans, settles } = predict({ ...input, open: [] }, isDoomed ? 1 : roundsOf(input))
  const unsettled = settles || isDoomed ? [] : [finding('fatal', say('finding.unsettled', { rounds: roundsOf(input) }))]
  const joins = phases.some(({ lines }) => lines.some(({ action: { kind } }) => kind === 'etcd.promote'))
  return {
    cluster: input.spec.cluster,
    spec: input.spec,
    settled: input.settled,
    requests: input.requests.filter((request) => request.state === 'open').map((request) => request.id),
    phases,
    ifItFails: { retries: RETRIES, ...(joins ? { removesLearner: true } : {}) },
    findings: distinct([...chosen.findings, ...plans.flatMap((plan) => plan.findings), ...unsettled]),
    runnersUp: chosen.runnersUp,
  }
}
