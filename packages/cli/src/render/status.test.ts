import { type OrderShown, type RunShown, say } from '@drover/protocol'
import { expect, it } from 'vitest'
import { runText } from './status.ts'

const order = (id: string, more: Partial<OrderShown>): OrderShown => ({
  id, kind: 'k3s.start', host: 'one', does: say('step.k3s.start.server', { cluster: 'home' }) as OrderShown['does'], attempt: 1, state: 'failed',
  detail: 'k3s did not come up', code: 'k3s.start', remedy: null, evidence: '', createdAt: 0, endedAt: 1000, ...more,
})

const run = (orders: OrderShown[]): RunShown => ({
  id: 'run-aaaaaaaaaaaaaaaa' as RunShown['id'], cluster: 'home', forecast: 'fc-aaaaaaaaaaaaaaaa' as RunShown['forecast'], state: 'asking', said: null,
  approvedBy: 'anna', startedAt: 0, endedAt: null, planned: 3, orders, waits: [], dials: [],
})

it('a failed step shows the last lines of what came back, of its last attempt alone', () => {
  const lines = Array.from({ length: 12 }, (_, index) => `line ${String(index)}`).join('\n')
  const text = runText(run([order('a', { evidence: 'earlier' }), order('b', { attempt: 2, evidence: `${lines}\n\n` })]), 2000)
  expect(text).not.toContain('earlier')
  expect(text.match(/^ {7}\| .*$/gm)).toEqual(Array.from({ length: 8 }, (_, index) => `       | line ${String(index + 4)}`))
})

it('of attempts the last one is shown, and none where that one is done', () => {
  const refused = ['a', 'b', 'c'].map((id, index) => order(id, { attempt: index + 1, state: 'refused' }))
  const other = order('z', { host: 'two', state: 'refused' })
  expect(runText(run([...refused, other]), 2000).match(/refused.*/g)).toEqual(['refused, 1 s, attempt 3: k3s did not come up', 'refused, 1 s: k3s did not come up'])
  expect(runText(run([...refused, order('d', { state: 'done' })]), 2000)).not.toContain('refused')
})

it('a kubeconfig that was asked for meanwhile is not counted as a step', () => {
  expect(runText(run([order('a', { state: 'done' }), order('k', { kind: 'kubeconfig.read', state: 'done' })]), 2000)).toContain('1 of 3 steps')
})
