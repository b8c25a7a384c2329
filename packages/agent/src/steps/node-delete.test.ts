import type { HostReader } from '@drover/agent'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { HOST, hostOf, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf } from '@drover/test/kit/fake-host/fake-host.ts'
import { changeWorld, readWorld } from '@drover/test/kit/fake-host/world.ts'
import type { TypedOrder } from '@drover/protocol'
import { describe, expect, it } from 'vitest'

const fresh = createModels()

describe('node.delete', () => {
  it('deletes the Node and the secret of its password', async () => {
    const root = await fresh('node.delete')
    const asked: string[] = []
    const host = { ...hostOf(root), kubectl: async (args: readonly string[], ms: number) => (asked.push(args.join(' ')), hostOf(root).kubectl(args, ms)) }
    expect(await carryOut({ root, order: orderOf('node.delete'), host })).toMatchObject({ type: 'DONE', result: { seconds: 0 } })
    expect(readWorld(root).nodes).toEqual({})
    expect(asked).toEqual(['delete node two --ignore-not-found --timeout=60s', 'delete secret two.node-password.k3s -n kube-system --ignore-not-found --timeout=60s'])
  })

  it('fails where the Node comes back: k3s still runs on its host', async () => {
    const root = await fresh('node.delete')
    let looks = 0
    const get: HostReader['get'] = async (request) => {
      looks += 1
      if (looks === 4) changeWorld(root, (world) => void (world.nodes['two'] = false))
      return hostOf(root).get(request)
    }
    expect(await carryOut({ root, order: orderOf('node.delete'), host: { ...hostOf(root), get } })).toMatchObject({ type: 'FAILED', code: 'node.delete', message: 'Node two is there again: k3s still runs on its host' })
  })

  it('fails with what kubectl says', async () => {
    const root = await fresh('node.delete')
    const host = { ...hostOf(root), kubectl: async () => ({ code: 1, stdout: '', stderr: 'error: timed out waiting for the condition on nodes/two\n', timedOut: false }) }
    expect(await carryOut({ root, order: orderOf('node.delete'), host })).toMatchObject({ type: 'FAILED', message: 'node two is not deleted: error: timed out waiting for the condition on nodes/two' })
  })

  it('never deletes the Node of its own host', async () => {
    const root = await fresh('node.delete')
    const order = orderOf('node.delete') as TypedOrder<'node.delete'>
    const own = { ...order, params: { ...order.params, member: HOST } }
    expect(await carryOut({ root, order: own })).toMatchObject({ type: 'FAILED', code: 'node.delete', message: 'a host does not delete its own Node' })
    expect(ledgerOf(root).filter((line) => line.startsWith('delete'))).toEqual([])
  })
})
