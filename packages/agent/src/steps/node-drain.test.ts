import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf } from '@drover/test/kit/fake-host/fake-host.ts'
import { simUnitDo } from '@drover/test/kit/fake-host/sim-systemd.ts'
import { changeWorld, readWorld } from '@drover/test/kit/fake-host/world.ts'
import { RELEASE_BASE } from '../core/agent-settings.ts'
import { describe, expect, it } from 'vitest'
import { nodeDrain } from './node-drain.ts'
import type { StepContext } from './step.ts'

const fresh = createModels()
const HELD = 'error when evicting pods/"web-1" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.\n'
const ALONE = 'error: unable to drain node "two" due to error: cannot delete cannot delete Pods that declare no controller (use --force to override): default/bare, continuing command...\n'
const cordons = (root: string): readonly string[] => ledgerOf(root).filter((line) => line.includes('cordon'))

/** A clock by which each try of kubectl takes its 15 s. */
const contextOf = (said: string[]): StepContext<'node.drain'> => {
  let now = 0
  const order = orderOf('node.drain') as StepContext<'node.drain'>['order']
  return { order, params: order.params, secrets: {}, settings: { releaseBase: RELEASE_BASE, coordinators: [], pin: '' }, say: (detail) => void said.push(detail), signal: new AbortController().signal, elapsed: () => (now += 7_500) }
}

describe('node.drain', () => {
  it('cordons the Node', async () => {
    const root = await fresh('node.drain')
    expect(await carryOut({ root, order: orderOf('node.drain') })).toMatchObject({ type: 'DONE', result: { seconds: 0 } })
    expect(readWorld(root).nodes).toEqual({ two: true })
  })

  it('tries again while a budget holds a pod, and names both', async () => {
    const root = await fresh('node.drain')
    changeWorld(root, ({ drainWords }) => void drainWords.push(HELD, HELD))
    const said: string[] = []
    expect(await nodeDrain.apply(hostOf(root), contextOf(said), null)).toEqual({ seconds: 23 })
    expect(said).toEqual(Array.from({ length: 2 }, () => 'pods default/web-1 are held by PodDisruptionBudget default/web'))
  })

  it('gives up after five minutes with the names', async () => {
    const root = await fresh('node.drain')
    changeWorld(root, ({ drainWords }) => void drainWords.push(...Array.from({ length: 60 }, () => HELD)))
    const error = await nodeDrain.apply(hostOf(root), contextOf([]), null).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'node.drain', message: 'two is not drained after 300 s: pods default/web-1 are held by PodDisruptionBudget default/web' })
  })

  it('deletes no pod that nothing would start elsewhere; the Node takes pods again', async () => {
    const root = await fresh('node.drain')
    changeWorld(root, ({ drainWords }) => void drainWords.push(ALONE))
    const end = await carryOut({ root, order: orderOf('node.drain') })
    expect(end).toMatchObject({ type: 'FAILED', code: 'node.drain', undone: 'undone', message: 'nothing would start pods default/bare of two elsewhere: delete them if they may go' })
    expect(cordons(root)).toEqual(['cordon two', 'uncordon two'])
  })

  it('leaves a Node cordoned that was so before', async () => {
    const root = await fresh('node.drain')
    changeWorld(root, (world) => void ((world.nodes['two'] = true), world.drainWords.push(ALONE)))
    expect(await carryOut({ root, order: orderOf('node.drain') })).toMatchObject({ type: 'FAILED', undone: 'undone' })
    expect(readWorld(root).nodes).toEqual({ two: true })
  })

  it('is done where there is no such Node', async () => {
    const root = await fresh('node.drain')
    changeWorld(root, (world) => void (world.nodes = {}))
    expect(await carryOut({ root, order: orderOf('node.drain') })).toMatchObject({ type: 'DONE' })
  })

  it('is refused where the API does not answer', async () => {
    const root = await fresh('node.drain')
    simUnitDo(root, 'stop', 'k3s')
    expect(await carryOut({ root, order: orderOf('node.drain') })).toMatchObject({ type: 'FAILED', code: 'step.tool', message: 'the API server of this host does not tell its Nodes' })
  })
})
