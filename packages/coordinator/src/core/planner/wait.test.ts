import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, it } from 'vitest'
import { forecast } from './forecast.ts'
import { planCluster } from './plan-cluster.ts'
import { expiredWaits } from './wait.ts'

describe('waits', () => {
  const { waits } = planCluster(buildInput({ hosts: [buildHost({ name: 'one' })] }).input)
  const [first] = waits

  it('all have a limit, something that ends them, and hosts', () => {
    for (const wait of waits) {
      expect(wait.limit).toBeGreaterThan(0)
      expect(wait.on.length).toBeGreaterThan(0)
      expect(wait.endsWhen.code).toMatch(/\.ends$/)
    }
  })

  it('take the place of actions on a host of which there are two, and of no others; the forecast goes on past it', () => {
    const { input } = buildInput({ hosts: [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' }, clone: true })] })
    const plan = planCluster(input)
    const two = hostIdOf('two')
    expect(plan.actions.map(({ host }) => host)).not.toContain(two)
    expect(plan.actions.length).toBeGreaterThan(0)
    expect(plan.waits.filter(({ on }) => on.includes(two)).map(({ key }) => key)).toEqual([`clone@${two}`])
    expect(plan.findings).toMatchObject([{ level: 'asks', said: { code: 'finding.clone', args: { host: 'two' } }, on: [two] }])
    const { phases, findings } = forecast(input)
    expect(phases.flatMap(({ lines }) => lines).filter(({ action }) => action.host === two).map(({ action }) => action.kind)).toEqual(['binary.install', 'k3s.config', 'k3s.start'])
    expect(findings.map(({ said }) => said.code)).toEqual(['finding.clone'])
  })

  it('expire after their limit, not before, and never if nobody noted since when', () => {
    const { key = '', limit = 0 } = first ?? {}
    expect(expiredWaits(waits, { [key]: 10 }, 10 + limit)).toEqual([])
    expect(expiredWaits(waits, { [key]: 10 }, 11 + limit).map((wait) => wait.key)).toEqual([key])
    expect(expiredWaits(waits, {}, 10 ** 9)).toEqual([])
  })
})
