import { createFakeIo } from '@drover/test/kit/cli/fake-io.ts'
import { DONE, RUN } from '@drover/test/kit/cli/fixtures.ts'
import type { RunShown } from '@drover/protocol'
import { expect, test } from 'vitest'
import { createWitness } from './bear-witness.ts'
import { follow } from './follow.ts'

const HOST = 'h-aaaaaaaaaaaaaaaa' as RunShown['dials'][number]['host']
const asked: RunShown = { ...RUN, dials: [{ id: 'q-1', host: HOST, ip: '10.0.0.11', ports: [22, 6443] }] }
const TOLD = `POST /api/v1/runs/${RUN.id}/dialled`

test('what a run asks is dialled once and told', async () => {
  const io = createFakeIo({ answers: { [TOLD]: asked }, dial: async ({ port }) => (port === 22 ? { outcome: 'open', connectUs: 9 } : { outcome: 'timeout', connectUs: null }) })
  const bearWitness = createWitness(io)
  await bearWitness(asked)
  await bearWitness(asked)
  expect(io.sent).toEqual([TOLD])
  expect(io.bodies).toEqual([{ id: 'q-1', results: [{ host: HOST, ip: '10.0.0.11', port: 22, outcome: 'open', connectUs: 9 }, { host: HOST, ip: '10.0.0.11', port: 6443, outcome: 'timeout', connectUs: null }] }])
  await bearWitness({ ...asked, dials: asked.dials.map((one) => ({ ...one, id: 'q-2' })) })
  expect(io.sent).toHaveLength(2)
})

test('whoever follows a run bears witness, and goes on where that cannot be told', async () => {
  const polls = [asked, DONE]
  const io = createFakeIo({ answers: { [TOLD]: new Error('away') } })
  const client = io.client()
  const call: typeof client.call = async (one) => (one.method === 'GET' ? one.answer.parse(polls.shift()) : client.call(one))
  expect(await follow({ ...io, client: () => ({ ...client, call }) }, RUN.id)).toMatchObject({ state: 'done' })
  expect(io.sent).toEqual([TOLD])
  expect(io.said.err).toContain('could not be told')
})
