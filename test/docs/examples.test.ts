import { describe, expect, it } from 'vitest'
import { type ClusterSpec, ClusterSpecSchema, type HostView, render } from '@drover/protocol'
import { parse } from 'yaml'
import { parseSpec } from '../../packages/coordinator/src/core/spec/parse-spec.ts'
import { forecast } from '../../packages/coordinator/src/core/planner/forecast.ts'
import { buildHost } from '../kit/builders/host.ts'
import { buildInput } from '../kit/builders/plan-input.ts'
import { blocksOf, findFiles, readPage, readPages } from './pages.ts'

/** As many hosts as the spec asks for, each with the labels that its selectors want. */
const hostsFor = ({ servers, agents }: ClusterSpec): readonly HostView[] => {
  const named = [...(servers.names ?? []), ...(agents?.names ?? [])]
  const names = [...named, ...Array.from({ length: servers.names === undefined ? servers.count : 0 }, (_, at) => `server-${String(at)}`)]
  const workers = agents?.select === undefined ? [] : ['worker-0', 'worker-1']
  return [...names, ...workers].map((name, at) =>
    buildHost({ name, ip: `10.0.0.${String(11 + at)}`, labels: workers.includes(name) ? (agents?.select ?? {}) : (servers.select ?? {}) }),
  )
}

describe.each(findFiles('deploy/examples/*.yaml'))('%s', (path) => {
  const parsed = parseSpec(readPage(path).text)

  it('parses', () => {
    expect(parsed.faults).toEqual([])
  })

  it('settles, and its forecast becomes quiet', () => {
    if (parsed.spec === null) throw new Error('it does not parse')
    const { input, ...chosen } = buildInput({ hosts: hostsFor(parsed.spec), spec: parsed.spec })
    const made = forecast(input, chosen)
    expect(made.findings.filter(({ level }) => level !== 'note').map(({ said }) => render(said))).toEqual([])
    expect(made.phases.flatMap((phase) => phase.lines.map(({ action }) => action.kind)).toSorted()).toContain('k3s.start')
  })
})

describe('pieces of specs in the pages', () => {
  const pieces = readPages().flatMap(blocksOf).filter((block) => block.info === 'yaml').map((block) => [`${block.page}:${String(block.line)}`, block.body.join('\n')] as const)

  it.each(pieces)('%s fits the schema', (_at, text) => {
    const whole = { cluster: 'home', k3s: { version: 'v1.36.2+k3s1' }, servers: {}, ...(parse(text) as object) }
    expect(ClusterSpecSchema.safeParse(whole).error?.issues ?? []).toEqual([])
  })
})
