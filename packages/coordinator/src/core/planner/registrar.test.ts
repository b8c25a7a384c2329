import { type HostFacts, type HostId, type PlanInput, render, renderConfig } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { joinUrl } from './host-config.ts'
import { planCluster } from './plan-cluster.ts'

const SERVERS = ['one', 'two', 'three']
const [ONE, TWO, THREE, FOUR] = [hostIdOf('one'), hostIdOf('two'), hostIdOf('three'), hostIdOf('four')]
const hosts = [...SERVERS, 'four'].map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
const spec = buildSpec({ servers: { names: SERVERS }, agents: { names: ['four'] } })
const bare = buildInput({ hosts, spec }).input
const settled = settledInput(bare)
const url = (last: number): string => `https://10.0.0.${String(last)}:6443`

const away = (input: PlanInput, id: HostId): PlanInput => {
  const host = input.view.hosts[id]
  return host === undefined ? input : { ...input, view: { ...input.view, hosts: { ...input.view.hosts, [id]: { ...host, online: { value: false, seenAt: input.now } } } } }
}
/** As it is before k3s has run there, with settings that name a server. */
const prepared = (id: HostId, server: string): Partial<HostFacts> => ({
  k3s: { role: 'server', state: 'stopped', wasActive: false, current: false, incarnation: 1 },
  etcd: 'none',
  config: { text: renderConfig({ server }), overridden: {} },
  claim: settledFacts(settled, id).claim,
})
const does = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, why }) => `${kind} ${render(why)}`)

describe('the server by which a host finds its cluster', () => {
  it('is the seed while nobody votes, and none for the seed itself', () => {
    expect([ONE, TWO, THREE, FOUR].map((id) => joinUrl(bare, id))).toEqual([null, url(11), url(11), url(11)])
  })

  it('is another one for the seed as soon as one votes, which restarts nothing', () => {
    const alone = withFacts(settled, { [ONE]: { config: { text: renderConfig({}), overridden: {} } } })
    expect(joinUrl(alone, ONE)).toBe(url(12))
    const text = settledFacts(settled, ONE).config?.text.replace(/^server: .*\n/m, '') ?? ''
    const without = withFacts(settled, { [ONE]: { config: { text, overridden: {} } } })
    expect(does(without)).toEqual([`k3s.config one joins by ${url(12)} instead of making a second cluster, should its data ever be lost; nothing is restarted for that`])
  })

  it('stays for whoever has joined, however it fares', () => {
    const gone = away(away(settled, ONE), TWO)
    expect([ONE, TWO, THREE, FOUR].map((id) => joinUrl(gone, id))).toEqual([url(12), url(11), url(11), url(11)])
    expect(planCluster(away(settled, ONE))).toEqual({ actions: [], waits: [], findings: [] })
  })

  it('is one that votes for whoever has not joined, also where the settings name another one already', () => {
    const late = withFacts(away(settled, ONE), { [THREE]: prepared(THREE, url(11)), [FOUR]: { ...prepared(FOUR, url(11)), k3s: null } })
    expect([joinUrl(late, THREE), joinUrl(late, FOUR)]).toEqual([url(12), url(12)])
    const back = withFacts(settled, { [FOUR]: prepared(FOUR, url(13)) })
    expect(joinUrl(back, FOUR)).toBe(url(13))
  })

  it('is replaced where it is no server of the cluster any more, without a restart', () => {
    const { [ONE]: _one, ...roles } = settled.settled.roles
    const fewer = { ...settled, settled: { ...settled.settled, roles, seed: TWO } }
    expect([joinUrl(fewer, TWO), joinUrl(fewer, THREE), joinUrl(fewer, FOUR)]).toEqual([url(13), url(12), url(12)])
    const claimed = withFacts(fewer, Object.fromEntries([TWO, THREE, FOUR].map((id) => [id, { claim: { ...settledFacts(settled, id).claim, seed: TWO } }])) as Record<HostId, Partial<HostFacts>>)
    expect(does(claimed)).toContain(`k3s.config four finds its cluster by ${url(12)} from now on; nothing is restarted for that`)
  })

  it('on SQLite is its one server, which itself has none', () => {
    const sqlite = settledInput(buildInput({ hosts: hosts.slice(0, 2), spec: buildSpec({ servers: { names: ['one'] }, agents: { names: ['two'] } }) }).input)
    expect([joinUrl(sqlite, ONE), joinUrl(sqlite, TWO)]).toEqual([null, url(11)])
  })
})

describe('with the seed away', () => {
  const gone = away(settled, ONE)
  const ask = (input: PlanInput, server?: HostId): PlanInput => ({
    ...input,
    requests: [{ id: `req-${'a'.repeat(16)}`, kind: 'kubeconfig', params: { sealTo: `${'A'.repeat(42)}E`, ...(server === undefined ? {} : { server }) }, askedBy: 'anna', askedAt: 0, state: 'open' }],
  })
  const reads = (input: PlanInput): readonly unknown[] => planCluster(input).actions.map(({ host, params }) => [host, (params as { readonly server?: unknown }).server])

  it('nothing is waited for, also once Kubernetes has taken its Node for not Ready', () => {
    expect(planCluster(withFacts(gone, { [ONE]: { node: 'notReady' } }))).toEqual({ actions: [], waits: [], findings: [] })
    expect(planCluster(withFacts(settled, { [ONE]: { node: 'notReady' } })).waits.map(({ key }) => key)).toEqual([`node@${ONE}`])
  })

  it('a kubeconfig comes through another server, and names the endpoint', () => {
    expect(reads(ask(settled))).toEqual([[ONE, url(11)]])
    expect(reads(ask(gone))).toEqual([[TWO, url(11)]])
  })

  it('a server that was named is gone through, and is what the kubeconfig names', () => {
    expect(reads(ask(gone, THREE))).toEqual([[THREE, url(13)]])
    expect([reads(ask(gone, ONE)), planCluster(ask(gone, ONE)).waits.map(({ key }) => key)]).toEqual([[], [`offline@${ONE}`]])
  })

  it('an agent is started, and an API that is down is asked of another server', () => {
    const late = withFacts(gone, { [FOUR]: { k3s: { role: 'agent', state: 'stopped', wasActive: false, current: false, incarnation: 1 }, node: 'absent', config: { text: '', overridden: {} } } })
    expect(does(late)).toEqual(['k3s.config four has other settings than the spec gives'])
    const down = withFacts(late, {}, 'down')
    expect(planCluster(down).waits.map(({ key }) => key)).toContain(`api@${TWO}`)
  })
})
