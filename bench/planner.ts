import { gzipSync } from 'node:zlib'
import { canonicalJson, type Json, NO_FIREWALL, type PlanInput } from '@drover/protocol'
import { forecast } from '../packages/coordinator/src/core/planner/forecast.ts'
import { planCluster } from '../packages/coordinator/src/core/planner/plan-cluster.ts'
import { buildHost } from '../test/kit/builders/host.ts'
import { settledInput, withFacts } from '../test/kit/builders/member.ts'
import { buildInput } from '../test/kit/builders/plan-input.ts'
import { buildSpec } from '../test/kit/builders/spec.ts'
import { desiredFirewall } from '../packages/coordinator/src/core/planner/firewall/ruleset.ts'
import type { Row } from './row.ts'

const HOSTS = 1_000

const FIREWALL = { admins: ['198.51.100.0/24'], expose: [{ ports: [80, 443], to: 'anyone' as const, on: 'agents' as const }] }

const bareHosts = (firewall?: typeof FIREWALL): PlanInput => {
  const network = { node: '10.0.0.0/16', pods: '10.64.0.0/10', services: '10.128.0.0/16' }
  const spec = buildSpec({ network, ...(firewall === undefined ? {} : { firewall }) })
  const hosts = Array.from({ length: HOSTS }, (_, index) =>
    buildHost({ name: index === 0 ? 'one' : `host-${index}`, ip: `10.0.${index >> 8}.${index & 255}`, labels: index === 0 ? {} : { role: 'worker' } }),
  )
  return buildInput({ hosts, spec }).input
}

/** All hosts as they should be, but for the firewall of every one of them: none, on trial, or kept with the members of a moment ago. */
const guarded = (input: PlanInput, isKept: boolean): PlanInput =>
  withFacts(settledInput(input), Object.fromEntries(Object.keys(input.settled.roles).map((id) => {
    const desired = desiredFirewall(input, id as never)
    return [id, { firewall: { ...NO_FIREWALL, active: isKept && desired !== null ? { rules: desired.rules, members: '0'.repeat(64) } : null } }]
  })))

/** The quickest and the median of several rounds in milliseconds, after two that warm up. */
type Times = { readonly best: number; readonly median: number }

const time = (rounds: number, work: () => unknown): Times => {
  const times = Array.from({ length: rounds + 2 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  const sorted = times.slice(2).toSorted((a, b) => a - b)
  return { best: sorted[0] ?? 0, median: sorted[Math.floor(rounds / 2)] ?? 0 }
}

const row = (name: string, { best, median }: Times): Row => ({ name, value: `${best.toFixed(1)} ms (median ${median.toFixed(1)})` })
const BUDGET = { limit: '<= 50 ms' } as const

const timeOf = (input: PlanInput): Times => time(21, () => planCluster({ ...input }))

const firewallRows = (): readonly Row[] => {
  const bare = bareHosts(FIREWALL)
  const start = performance.now()
  planCluster(bare)
  const first = performance.now() - start
  const predicted = forecast(bare)
  const text = Buffer.from(canonicalJson(predicted as unknown as Json))
  return [
    { name: `planCluster, ${HOSTS} bare hosts with a firewall, the very first`, value: `${first.toFixed(1)} ms` },
    { ...row(`planCluster, ${HOSTS} bare hosts with a firewall`, time(21, () => planCluster({ ...bare }))), ...BUDGET },
    { ...row(`planCluster, ${HOSTS} hosts with new rules to try`, timeOf(guarded(bare, false))), ...BUDGET },
    { ...row(`planCluster, ${HOSTS} hosts with other members to let in`, timeOf(guarded(bare, true))), ...BUDGET },
    { name: `forecast, ${HOSTS} bare hosts with a firewall, as stored`, value: `${(gzipSync(text).length / 1e6).toFixed(2)} MB (${(text.length / 1e6).toFixed(2)} MB unpacked)`, limit: '<= 3 MB' },
  ]
}

/** `planCluster` for 1,000 hosts, each time with an input of its own as in every turn of the loop, at the first plan, at rest and at a change of the spec, and the whole forecast of 1,000 bare hosts. */
export const measurePlanner = async (): Promise<readonly Row[]> => {
  const bare = bareHosts()
  const resting = settledInput(bare)
  const changed = { ...resting, spec: { ...resting.spec, options: { debug: true } } }
  return [
    { ...row(`planCluster, ${HOSTS} bare hosts`, time(21, () => planCluster({ ...bare }))), ...BUDGET },
    { ...row(`planCluster, ${HOSTS} hosts at rest`, time(21, () => planCluster({ ...resting }))), ...BUDGET },
    { ...row(`planCluster, ${HOSTS} hosts to be changed`, time(21, () => planCluster({ ...changed }))), ...BUDGET },
    ...firewallRows(),
    row(`forecast, ${HOSTS} bare hosts`, time(5, () => forecast(bare))),
    row(`forecast, ${HOSTS} hosts to be restarted`, time(5, () => forecast(changed))),
  ]
}
