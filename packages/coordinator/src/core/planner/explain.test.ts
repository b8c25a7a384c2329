import { buildHost } from '@drover/test/kit/builders/host.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, it } from 'vitest'
import { explain, explainText } from './explain.ts'
import { planCluster } from './plan-cluster.ts'

describe('explaining', () => {
  it('gives codes with arguments, and a line of text for each', () => {
    const { input } = buildInput({ hosts: [buildHost({ name: 'one', measured: { diskFreeMb: 9_000 } })] })
    const lines = explain(input, planCluster(input))
    expect(lines.map(({ kind, host, said }) => `${kind} ${host} ${said.code}`)).toEqual([
      'do one step.binary.install',
      'wait one wait.claims',
      'note one finding.disk',
    ])
    expect(explainText(lines).split('\n')).toEqual([
      'do    one        install k3s v1.36.2+k3s1 from release   why: one has no k3s, the spec names v1.36.2+k3s1',
      'wait  one        has not confirmed its claim   ends when: it reports claim home, incarnation 1',
      'note  one        one has 9000 MB free for k3s, 10240 MB are needed',
      '',
    ])
    expect(explainText([])).toBe('')
  })

  it('names a host that the view lacks by its id, and none where a finding is about the whole', () => {
    const { input } = buildInput({ hosts: [buildHost({ name: 'one' })] })
    const said = { code: 'finding.to-sqlite', args: { cluster: 'home' } } as const
    const plan = { actions: [], waits: [], findings: [{ level: 'fatal', said, on: [] }, { level: 'fatal', said, on: ['h-x' as never] }] } as const
    expect(explain(input, plan).map(({ host }) => host)).toEqual(['', 'h-x'])
  })
})
