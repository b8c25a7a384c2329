import { answerContextOf, type Cluster, type ClusterName, type RequestId } from '@drover/protocol'
import { fromText, sealSecret, toText } from '@drover/protocol/node'
import { createFakeIo, type FakeIo } from '@drover/test/kit/cli/fake-io.ts'
import { CLUSTER } from '@drover/test/kit/cli/fixtures.ts'
import { expect, it } from 'vitest'
import type { Call } from '../client.ts'
import { runCli } from '../program.ts'

const REQUEST = `req-${'a'.repeat(16)}`
const [member] = CLUSTER.members
if (member === undefined) throw new Error('the cluster has a member')
const TWO: Cluster = { ...CLUSTER, members: [{ ...member, online: false }, { ...member, host: 'node-2', ip: '10.0.0.12' }] }

/** A coordinator that gives the text of a kubeconfig, sealed to whoever asks; `bodies` is what it was asked. */
const answering = (cluster: Cluster, text: string | null): { readonly io: FakeIo; readonly bodies: unknown[] } => {
  const bodies: unknown[] = []
  const shown = { id: REQUEST, kind: 'kubeconfig', cluster: 'home', state: 'open', askedBy: 'me', askedAt: 0, message: null, answer: null }
  const answerOf = async (): Promise<string | null> => {
    const key = fromText((bodies[0] as { sealTo: string }).sealTo)
    if (text === null || key === null) return null
    return toText(await sealSecret(new TextEncoder().encode(text), answerContextOf('home' as ClusterName, REQUEST as RequestId), key))
  }
  const call = async <T>({ method, path, body, answer }: Call<T>): Promise<T> => {
    if (method === 'POST') bodies.push(body)
    if (path.startsWith('/api/v1/clusters/home') && method === 'GET') return answer.parse(cluster)
    return answer.parse(method === 'POST' ? shown : { ...shown, answer: await answerOf() })
  }
  const io = createFakeIo()
  return { bodies, io: { ...io, client: () => ({ call, open: () => Promise.reject(new Error('no streams here')) }) } }
}

it('is printed as it was sealed, and nothing more where its server is there', async () => {
  const { io, bodies } = answering(CLUSTER, 'kind: Config\n')
  expect(await runCli(['kubeconfig', 'home'], io)).toBe(0)
  expect(io.said).toEqual({ out: 'kind: Config\n', err: '' })
  expect(bodies).toEqual([{ sealTo: expect.any(String) as unknown }])
})

it('that names a server that is away is printed, and another server is said to go through', async () => {
  const { io } = answering(TWO, 'kind: Config\n')
  expect(await runCli(['kubeconfig', 'home'], io)).toBe(0)
  expect(io.said).toEqual({ out: 'kind: Config\n', err: 'it names 10.0.0.11, and node-1 is away: drover kubeconfig home --server node-2 gives one that goes through node-2\n' })
})

it('goes through the server that was named', async () => {
  const { io, bodies } = answering(TWO, 'kind: Config\n')
  expect(await runCli(['kubeconfig', 'home', '--server', 'node-2'], io)).toBe(0)
  expect([bodies, io.said.err]).toEqual([[{ sealTo: expect.any(String) as unknown, server: 'node-2' }], ''])
})

it('of a server that does not answer ends after a minute with what to do', async () => {
  const { io } = answering(TWO, null)
  expect(await runCli(['kubeconfig', 'home', '--server', 'node-1'], io)).toBe(1)
  expect(io.said.err).toContain('node-1 has not answered for 60 s')
  expect(io.said.err).toContain('name another server, or none')
})
