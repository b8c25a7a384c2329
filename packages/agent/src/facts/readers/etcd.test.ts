import { mkdirSync } from 'node:fs'
import { HOST_FACTS } from '@drover/protocol'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf } from '@drover/test/contracts/step/step-case.ts'
import { changeWorld } from '@drover/test/kit/fake-host/world.ts'
import { expect, it } from 'vitest'
import type { HostReader } from '../../host/host.ts'
import { readEtcd } from './etcd.ts'

const fresh = createModels()
const OWN = '11757004636526054976'
const ONE = { id: OWN, name: 'one-56d8ffb8', peer: 'https://10.0.0.11:2380', learner: false }

const setLearner = (root: string): void => changeWorld(root, ({ etcd }) => void (etcd !== null && (etcd.members = etcd.members.map((one) => ({ ...one, learner: one.id === OWN })))))

it('tells of a member that votes, and of all that it sees', async () => {
  const root = await fresh('etcd.promote')
  const told = await readEtcd(hostOf(root))
  expect(told).toEqual({ id: OWN, member: 'voter', healthy: true, leader: OWN, raftIndex: 7, members: [ONE] })
  expect(HOST_FACTS.etcd.view(told)).toBe('voter')
})

it('tells of a learner without a list', async () => {
  const root = await fresh('etcd.promote')
  setLearner(root)
  const told = await readEtcd(hostOf(root))
  expect(told).toMatchObject({ id: OWN, member: 'learner', members: null })
  expect(HOST_FACTS.etcd.view(told)).toBe('learner')
})

it.each([
  ['health says that it is not', ':2381/', { status: 503, body: '{"health":"false","reason":"RAFT NO LEADER"}' }],
  ['health is not answered in time', ':2381/', null],
  ['there is no leader', '/status', { status: 200, body: `{"header":{"member_id":"${OWN}"},"raftIndex":"7","errors":["etcdserver: no leader"]}` }],
] as const)('counts a member as unhealthy where %s', async (_name, url, answer) => {
  const host = hostOf(await fresh('etcd.promote'))
  const told = await readEtcd({ ...host, get: async (request) => (request.url.includes(url) ? answer : host.get(request)) })
  expect(HOST_FACTS.etcd.view(told)).toBe('unhealthy')
})

it('tells nothing where it does not answer yet, or answers ids that were rounded', async () => {
  const host = hostOf(await fresh('etcd.promote'))
  expect(await readEtcd({ ...host, get: async () => null })).toBeNull()
  const rounded = { status: 200, body: `{"header":{"member_id":${OWN}},"leader":"${OWN}","raftIndex":"7"}` }
  expect(await readEtcd({ ...host, get: async (request) => (request.url.endsWith('/status') ? rounded : host.get(request)) })).toBeNull()
})

it('asks nothing of a host that has no member', async () => {
  const root = await fresh('kubeconfig.read')
  mkdirSync(`${root}/var/lib/rancher/k3s/server/db`, { recursive: true })
  const asked: string[] = []
  const host: HostReader = { ...hostOf(root), get: async ({ url }) => (asked.push(url), null) }
  expect(await readEtcd(host)).toBeNull()
  expect(asked).toEqual([])
})
