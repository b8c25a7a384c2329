import { type HostFacts, type OpenOrder, type PlanInput, render, type Request, type Wait } from '@drover/protocol'
import { freeze } from '@drover/test/kit/builders/freeze.ts'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { ARTIFACTS, buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { planCluster } from './plan-cluster.ts'

const ONE = hostIdOf('one')
const TWO = hostIdOf('two')
const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const bare = freeze(buildInput({ hosts }).input)
const ready = freeze(settledInput(bare))
const request = (kind: Request['kind'], state: Request['state'] = 'open'): Request => ({ id: `req-${'a'.repeat(16)}`, kind, params: {}, askedBy: 'anna', askedAt: 0, state })

const done = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host }) => `${kind} ${input.view.hosts[host]?.name ?? host}`)
const waits = (input: PlanInput): readonly string[] => planCluster(input).waits.map((wait: Wait) => wait.key.replace(ONE, 'one').replace(TWO, 'two'))
const prepared = (name: 'one' | 'two'): Partial<HostFacts> => ({
  ...settledFacts(bare, hostIdOf(name)),
  k3s: { role: name === 'one' ? 'server' : 'agent', state: 'stopped', wasActive: false, current: false, incarnation: 1 },
  node: 'absent',
})
const k3s = (name: 'one' | 'two', patch: Partial<NonNullable<HostFacts['k3s']>>): Partial<HostFacts> => {
  const { k3s: running } = settledFacts(bare, hostIdOf(name))
  return { k3s: running === null ? null : { ...running, ...patch } }
}

describe('two bare hosts', () => {
  it('get the binary at once, then their settings; nothing starts before the claim is there', () => {
    expect(done(bare)).toEqual(['binary.install one', 'binary.install two'])
    expect(done(withFacts(bare, { [TWO]: { binary: settledFacts(bare, TWO).binary ?? null } }))).toEqual(['binary.install one', 'k3s.config two'])
    expect(waits(bare)).toEqual(['claim@one', 'api@one'])
    expect(planCluster(bare).findings).toEqual([])
  })

  it('the same situation gives the same keys', () => {
    expect(planCluster(structuredClone(bare))).toEqual(planCluster(bare))
  })

  it('says why a binary of the right version is put in place again', () => {
    const other = { sha256: 'e'.repeat(64), version: bare.spec.k3s.version }
    const action = planCluster(withFacts(bare, { [ONE]: { binary: other } })).actions.find(({ key }) => key.startsWith('binary.install'))
    expect(action === undefined ? '' : render(action.why)).toBe('one has v1.36.2+k3s1, but another file of it or not its images: the SHA-256 settled for the cluster differs')
  })
  it('a server with claim and settings but without binary is awaited', () => {
    const input = withFacts(bare, { [ONE]: { ...prepared('one'), binary: null } })
    expect(done(input)).not.toContain('k3s.start one')
    expect(planCluster(input).waits.map(({ reason }) => render(reason))).toContain('being prepared: binary')
  })

  it('the seed starts when it is prepared, the agent when the API answers', () => {
    const input = withFacts(bare, { [ONE]: prepared('one'), [TWO]: prepared('two') })
    expect(done(input)).toEqual(['k3s.start one'])
    expect(planCluster(input).actions[0]?.params).toEqual({ role: 'server', cluster: 'home', incarnation: 1, initialises: true, datastore: 'sqlite' })
    expect(done(withFacts(input, { [ONE]: settledFacts(bare, ONE) }, 'up'))).toEqual(['k3s.start two'])
  })

  it('a server that runs is awaited: its API, then its Node', () => {
    const started = withFacts(ready, { [ONE]: { ...settledFacts(bare, ONE), node: 'notReady' } })
    expect(waits(withFacts(started, {}, 'down'))).toEqual(['api@one'])
    expect(waits(started)).toEqual(['node@one'])
    expect(waits(withFacts(ready, { [ONE]: k3s('one', { state: 'starting', current: false }) }, 'down'))).toEqual(['api@one'])
  })

  it('what failed or stopped is started again', () => {
    expect(done(withFacts(ready, { [ONE]: k3s('one', { state: 'failed' }) }, 'down'))).toEqual(['k3s.start one'])
    expect(done(withFacts(ready, { [TWO]: k3s('two', { state: 'stopped' }) }))).toEqual(['k3s.start two'])
  })

  it('an agent that is being prepared, or not Ready, is awaited', () => {
    expect(waits(withFacts(ready, { [TWO]: { ...prepared('two'), binary: null } }))).toEqual(['prepared@two'])
    expect(waits(withFacts(ready, { [TWO]: { node: 'notReady' } }))).toEqual(['node@two'])
  })

  it('once all is as it should be, nothing is planned', () => {
    expect(planCluster(ready)).toEqual({ actions: [], waits: [], findings: [] })
  })

  it('a Node that was cordoned is nobody else’s business', () => {
    expect(planCluster(withFacts(ready, { [ONE]: { node: 'cordoned' }, [TWO]: { node: 'cordoned' } })).waits).toEqual([])
  })
})

describe('hosts that cannot be reached', () => {
  const away = (input: PlanInput, name: string, age: number): PlanInput => {
    const id = hostIdOf(name)
    const host = input.view.hosts[id]
    if (host === undefined) throw new Error(name)
    return { ...input, view: { ...input.view, hosts: { ...input.view.hosts, [id]: { ...host, online: { value: age > 0, seenAt: 0 } } } }, now: age }
  }

  it('offline: a wait, no action', () => {
    const input = away(bare, 'two', 0)
    expect(done(input)).toEqual(['binary.install one'])
    expect(waits(input)).toContain('offline@two')
  })

  it('stale or never seen: a wait that tells the age', () => {
    const old = planCluster({ ...bare, now: 45_001 })
    expect(old.actions).toEqual([])
    expect(old.waits.map(({ reason }) => render(reason))).toContain('what is known of it is 45 s old')
    const { binary: _binary, ...unseen } = bare.view.hosts[TWO]?.facts ?? {}
    const host = bare.view.hosts[TWO]
    const input = host === undefined ? bare : { ...bare, view: { ...bare.view, hosts: { ...bare.view.hosts, [TWO]: { ...host, facts: unseen } } } }
    expect(done(input)).toEqual(['binary.install one'])
    expect(waits(input)).toContain('stale@two')
  })

  it('facts of just 45 s are still planned on', () => expect(planCluster({ ...bare, now: 45_000 }).actions).toHaveLength(2))

  it('a member that the view lacks is left out, and so is a cluster whose seed is not there', () => {
    const { [TWO]: _two, ...rest } = bare.view.hosts
    expect(done({ ...bare, view: { ...bare.view, hosts: rest } })).toEqual(['binary.install one'])
    const { [ONE]: _one, ...headless } = ready.view.hosts
    expect(planCluster({ ...ready, requests: [request('kubeconfig')], view: { ...ready.view, hosts: headless } })).toMatchObject({ actions: [], waits: [] })
  })
})

describe('a change of the spec', () => {
  const spec = buildSpec({ options: { debug: true } })
  const changed = { ...ready, spec }

  it('is written everywhere before anything restarts', () => {
    expect(done(changed)).toEqual(['k3s.config one', 'k3s.config two'])
  })

  it('restarts the server before the agents, with the same action as its first start', () => {
    const text = (id: typeof ONE): Partial<HostFacts> => ({ config: settledFacts(changed, id).config })
    const stale = withFacts(changed, {
      [ONE]: { ...text(ONE), ...k3s('one', { current: false }) },
      [TWO]: { ...text(TWO), ...k3s('two', { current: false }) },
    })
    expect(done(stale)).toEqual(['k3s.start one'])
    const first = planCluster(withFacts(bare, { [ONE]: prepared('one'), [TWO]: prepared('two') })).actions[0]
    expect(planCluster(stale).actions[0]?.key).toBe(first?.key)
    expect(done(withFacts(stale, { [ONE]: k3s('one', {}) }))).toEqual(['k3s.start two'])
  })

  it('a binary with another hash is installed anew, and so are images', () => {
    const artifacts = { ...ARTIFACTS, amd64: { binary: 'c'.repeat(64), images: [{ name: 'x.tar', sha256: 'd'.repeat(64) }] } }
    const input = { ...ready, settled: { ...ready.settled, artifacts } }
    expect(done(input)).toEqual(['binary.install one', 'binary.install two'])
    expect(done(withFacts(input, { [ONE]: { binary: { version: spec.k3s.version, sha256: 'c'.repeat(64) } } }))).toHaveLength(2)
  })

  it('a cured API: settings that broke it are replaced although it is down', () => {
    const stale = withFacts(ready, { [ONE]: k3s('one', { current: false, state: 'failed' }) }, 'down')
    expect(done(stale)).toEqual(['k3s.start one'])
  })

  it('an architecture without a known hash is fatal, and nothing is installed', () => {
    const input = { ...bare, settled: { ...bare.settled, artifacts: {} } }
    expect(done(input)).toEqual([])
    expect(planCluster(input).findings.map(({ said }) => render(said))).toEqual(
      Array.from({ length: 2 }, () => 'no SHA-256 is known for k3s v1.36.2+k3s1 on amd64'),
    )
  })
})

describe('orders in flight', () => {
  const [install] = planCluster(bare).actions
  const open = (patch: Partial<OpenOrder>): readonly OpenOrder[] =>
    install === undefined ? [] : [{ key: install.key, host: install.host, class: install.class, change: null, endedAt: null, ...patch }]

  it('are not sent again, but waited for, also after their end until facts are newer', () => {
    for (const endedAt of [null, 5]) {
      const input = { ...bare, open: open({ endedAt }) }
      expect(done(input)).toEqual(['binary.install two'])
      expect(planCluster(input).waits.map(({ reason }) => render(reason))).toContain('carries out binary.install')
    }
  })

  it('a kind that this coordinator does not know any more is waited for as well', () => {
    const input = { ...ready, open: open({ key: 'old.step@h-x#{}', host: hostIdOf('gone') }) }
    expect(planCluster(input).waits.map(({ reason }) => render(reason))).toEqual(['carries out old.step'])
  })

  it('while a server is being changed nothing else is changed on the servers', () => {
    const stopped = withFacts(ready, { [ONE]: k3s('one', { state: 'failed' }) }, 'down')
    expect(done({ ...stopped, open: open({ key: 'k3s.start@x#{}', class: 'disrupt', change: ONE }) })).toEqual([])
  })
})

describe('requests', () => {
  it('a kubeconfig is read from the seed once the API answers, each request once', () => {
    const input = { ...ready, requests: [request('kubeconfig')] }
    expect(done(input)).toEqual(['kubeconfig.read one'])
    expect(planCluster(input).actions[0]?.params).toEqual({ request: `req-${'a'.repeat(16)}`, server: 'https://10.0.0.11:6443', context: 'home' })
    expect(waits(withFacts(input, {}, 'down'))).toContain('api@one')
    const answered = { ...input.view.facts, answered: { value: { [`req-${'a'.repeat(16)}`]: true as const }, seenAt: 0 } }
    expect(done({ ...input, view: { ...input.view, facts: answered } })).toEqual([])
    expect(done({ ...ready, requests: [request('kubeconfig', 'withdrawn')] })).toEqual([])
  })

  it('a deletion: agents, then the server, and every other rule rests', () => {
    const input = { ...ready, requests: [request('delete-cluster')], spec: buildSpec({ options: { debug: true } }) }
    expect(done(input)).toEqual(['k3s.uninstall two'])
    const gone = { binary: null, images: {}, config: null, claim: null, k3s: null, route: 'real', node: 'absent' } as const
    expect(done(withFacts(input, { [TWO]: gone }))).toEqual(['k3s.uninstall one'])
    const all = withFacts(input, { [ONE]: gone, [TWO]: gone })
    expect(planCluster(all)).toEqual({ actions: [], waits: [], findings: [] })
    expect(done({ ...all, requests: [request('delete-cluster', 'done')] })).toEqual([])
    expect(done({ ...all, requests: [request('delete-cluster', 'withdrawn')] })).not.toEqual([])
  })

  it('a deletion leaves alone what has meanwhile promised itself to another cluster', () => {
    const input = { ...ready, requests: [request('delete-cluster')] }
    const { claim } = settledFacts(ready, TWO)
    const other = claim === null ? null : { ...claim, cluster: 'shop' as never }
    expect(done(withFacts(input, { [TWO]: { claim: other } }))).toEqual(['k3s.uninstall one'])
  })
})

describe('many agents', () => {
  const many = [hosts[0], ...Array.from({ length: 25 }, (_, index) => buildHost({ name: `n${index}`, ip: `10.0.0.${20 + index}`, labels: { role: 'worker' } }))]
  const input = buildInput({ hosts: many.flatMap((host) => (host === undefined ? [] : [host])) }).input

  it('restart a tenth at a time', () => {
    const running = settledInput(input)
    const stale = withFacts(running, Object.fromEntries(Object.keys(running.settled.roles).map((id) => [id, id === ONE ? {} : k3s('two', { current: false })])))
    expect(planCluster(stale).actions).toHaveLength(3)
  })
})
