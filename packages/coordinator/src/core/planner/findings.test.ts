import { type HostFacts, type HostView, NO_SYSCTLS, type PlanInput, render } from '@drover/protocol'
import { buildHost, type HostPatch } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { preflight } from './findings.ts'

const ONE = hostIdOf('one')
const worker = { role: 'worker' }
const found = (input: PlanInput): readonly string[] => preflight(input).map(({ level, said }) => `${level} ${render(said)}`)
const server = (patch: Partial<HostPatch>, options: Readonly<Record<string, boolean | string | string[]>> = {}): readonly string[] =>
  found(buildInput({ hosts: [buildHost({ name: 'one', ...patch })], spec: buildSpec({ options }) }).input)
const agent = (patch: Partial<HostPatch>): readonly string[] =>
  found(buildInput({ hosts: [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: worker, ...patch })] }).input)

describe('a machine', () => {
  it('that is fit has no findings', () => expect(server({})).toEqual([]))

  it.each<[string, HostPatch['measured'], readonly string[]]>([
    ['a used port', { usedPorts: ['tcp/6443 (nginx)'] }, ['fatal one: tcp/6443 (nginx) is in use']],
    ['a port that k3s does not use', { usedPorts: ['tcp/8443', 'tcp/2379'] }, []],
    ['too little disk', { diskFreeMb: 2_047 }, ['fatal one has 2047 MB free for k3s, 2048 MB are needed']],
    ['little disk', { diskFreeMb: 10_239 }, ['note one has 10239 MB free for k3s, 10240 MB are needed']],
    ['enough disk', { diskFreeMb: 10_240 }, []],
    ['little memory', { memoryMb: 2_047 }, ['note one has 2047 MB of memory, as server it needs 2048 MB']],
    ['a clock that is off', { clockOffsetMs: -300_001 }, ["fatal one's clock is off by -300001 ms"]],
    ['a clock that is a little off', { clockOffsetMs: 30_001 }, ["note one's clock is off by 30001 ms"]],
    ['a clock that is right', { clockOffsetMs: -30_000 }, []],
    ['a slow disk', { fsyncP99Us: 10_001 }, ['note one: the fsync p99 of its disk is 10001 us']],
    ['a disk that was not measured', { fsyncP99Us: null }, []],
    ['foreign k3s', { foreignK3s: ['/usr/local/bin/k3s', 'k3s.service'] }, ['fatal one has a k3s that Drover did not install: /usr/local/bin/k3s, k3s.service']],
    ['cgroup v1', { cgroup: 'v1' }, ['note one has cgroup v1: Kubernetes 1.35 and later refuse it unless the kubelet is told fail-cgroupv1=false']],
  ])('with %s', (_what, measured, findings) => expect(server({ measured: measured ?? {} })).toEqual(findings))

  it('an agent needs less: memory, ports and a quick disk', () => {
    expect(agent({ measured: { memoryMb: 600, fsyncP99Us: 90_000, usedPorts: ['tcp/6443 (x)'] } })).toEqual([])
    expect(agent({ measured: { usedPorts: ['tcp/10250 (x)', 'udp/8472 (y)'] } })).toEqual(['fatal two: tcp/10250 (x) is in use', 'fatal two: udp/8472 (y) is in use'])
  })

  it('cgroup v1 is no matter for those who were told, nor for older versions', () => {
    expect(server({ measured: { cgroup: 'v1' } }, { 'kubelet-arg': ['fail-cgroupv1=false'] })).toEqual([])
    const spec = buildSpec({ k3s: { version: 'v1.34.1+k3s1' } })
    expect(found(buildInput({ hosts: [buildHost({ name: 'one', measured: { cgroup: 'v1' } })], spec }).input)).toEqual([])
  })

  it('on which k3s has been started is not judged again: k3s itself now holds ports and disk', () => {
    const used = { measured: { usedPorts: ['tcp/6443 (k3s)'], diskFreeMb: 100 } }
    const input = settledInput(buildInput({ hosts: [buildHost({ name: 'one', ...used })] }).input)
    expect(found(input)).toEqual([])
    expect(found(withFacts(input, { [ONE]: { k3s: { role: 'server', state: 'starting', wasActive: false, current: true, incarnation: 1 } } }))).toEqual([])
  })

  it('without an inventory is not judged by it', () => {
    const { input } = buildInput({ hosts: [buildHost({ name: 'one' })], spec: buildSpec({ options: { 'protect-kernel-defaults': true } }) })
    const { measured: _measured, ...blind } = buildHost({ name: 'one' })
    expect(found({ ...input, view: { ...input.view, hosts: { [ONE]: blind } } })).toEqual([])
  })
})

describe('protect-kernel-defaults', () => {
  const option = { 'protect-kernel-defaults': true }
  const kernel = { 'kernel.keys.root_maxkeys': 200, 'kernel.keys.root_maxbytes': 25_000_000 }
  const later = { 'kernel.panic': { file: '/etc/sysctl.d/99-mine.conf', value: '60' }, 'vm.panic_on_oom': { file: '/etc/sysctl.conf', value: '0' } }
  const sysctls = { ...NO_SYSCTLS, later }

  it('is no matter for people where a step sets the values', () => expect(server({}, option)).toEqual([]))

  it('is refused where the kernel has other values that no step sets', () => {
    expect(server({ measured: { kernel } }, option)).toEqual(['fatal one: protect-kernel-defaults needs kernel.keys.root_maxkeys = 1000000, it is 200'])
    expect(server({ measured: { kernel } })).toEqual([])
  })

  it('is refused where a later file would take a value away at the next boot', () => {
    const refusal = 'fatal one: /etc/sysctl.d/99-mine.conf sets kernel.panic = 60 at every boot, after /etc/sysctl.d/90-drover.conf; protect-kernel-defaults needs 10'
    expect(server({ facts: { sysctls } }, option)).toEqual([refusal])
    expect(server({ facts: { sysctls } })).toEqual([])
  })

  it('does not stop a cluster that runs with it; what goes wrong at the next boot is said', () => {
    const spec = buildSpec({ options: option })
    const { input } = buildInput({ hosts: [buildHost({ name: 'one', measured: { kernel } })], spec })
    const settled = settledInput(input)
    expect(found(settled)).toEqual([])
    expect(found(withFacts(settled, { [ONE]: { sysctls } }))).toEqual([expect.stringMatching(/^note one: .*99-mine.conf sets kernel.panic = 60/)])
  })
})

describe('whose host it is', () => {
  const claim = { cluster: 'shop', incarnation: 1, seed: ONE } as unknown as HostFacts['claim']
  it.each<[string, Partial<HostPatch>, readonly string[]]>([
    ['given to another cluster', { cluster: 'shop' }, ['fatal one belongs to cluster shop']],
    ['claimed by another cluster', { facts: { claim } }, ['fatal one belongs to cluster shop']],
    ['claimed by another although given to this', { cluster: 'home', facts: { claim } }, ['fatal one belongs to cluster shop']],
    ['ours', { cluster: 'home' }, []],
    ['pending', { state: 'pending' }, ['fatal one is pending']],
    ['revoked', { state: 'revoked' }, ['fatal one is revoked']],
  ])('%s', (_what, patch, findings) => expect(server(patch)).toEqual(findings))

  it('keys that a later drop-in takes over are named', () => {
    const { input } = buildInput({ hosts: [buildHost({ name: 'one' })] })
    const config = settledFacts(input, ONE).config
    const facts = { config: config === null ? null : { ...config, overridden: { disable: '/etc/rancher/k3s/config.yaml.d/90-mine.yaml' } } }
    expect(found(withFacts(settledInput(input), { [ONE]: facts }))).toEqual(['note one: /etc/rancher/k3s/config.yaml.d/90-mine.yaml overrides disable'])
  })
})

describe('networks', () => {
  const with2 = (patch: Partial<HostPatch>, network: object = {}): readonly string[] => {
    const hosts: readonly HostView[] = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: worker, ...patch })]
    return found(buildInput({ hosts, spec: buildSpec({ network }) }).input)
  }
  it('pods or services over a network that a host is on', () => {
    expect(with2({ ip: '10.42.9.9' })).toEqual(['fatal two: network.pods 10.42.0.0/16 overlaps its network 10.42.9.9/24'])
    expect(with2({ ip: '10.43.9.9' })).toEqual(['fatal two: network.services 10.43.0.0/16 overlaps its network 10.43.9.9/24'])
  })
  it('the same address twice', () => expect(with2({ ip: '10.0.0.11' })).toEqual(['fatal two and one both have the address 10.0.0.11']))
  it('not the same address where neither has one: that is another finding', () => expect(with2({}, { node: '192.168.7.0/24' })).toEqual([]))
  it('more hosts than there is room for', () => {
    expect(with2({}, { pods: '10.60.0.0/24' })).toEqual(['fatal network.pods 10.60.0.0/24 has room for 1 nodes, the cluster has 2'])
  })
})

describe('a cluster that exists', () => {
  const { input } = buildInput({ hosts: [buildHost({ name: 'one' })] })
  const running = settledInput(input)
  const changed = (patch: Parameters<typeof buildSpec>[0]): readonly string[] => found({ ...running, spec: buildSpec(patch) })

  it.each<[string, Parameters<typeof buildSpec>[0], readonly string[]]>([
    ['pods', { network: { pods: '10.60.0.0/16' } }, ['fatal network.pods cannot change on a cluster that exists: it was "10.42.0.0/16"']],
    ['services', { network: { services: '10.61.0.0/16' } }, ['fatal network.services cannot change on a cluster that exists: it was "10.43.0.0/16"']],
    ['secrets encryption', { options: { 'secrets-encryption': true } }, ['fatal options.secrets-encryption cannot change on a cluster that exists: it was not set']],
    ['what may change', { options: { disable: ['traefik'] }, tlsSans: ['a.example.org'] }, []],
    ['an older version', { k3s: { version: 'v1.36.1+k3s1' } }, ['fatal k3s v1.36.1+k3s1 is older than v1.36.2+k3s1']],
    ['the next minor version', { k3s: { version: 'v1.37.0+k3s1' } }, []],
    ['one minor version left out', { k3s: { version: 'v1.38.0+k3s1' } }, ['fatal k3s v1.38.0+k3s1 skips a minor version from v1.36.2+k3s1: upgrade one minor version at a time']],
  ])('%s', (_what, patch, findings) => expect(changed(patch)).toEqual(findings))

  it('of which nothing has run yet may change anything', () => {
    const fresh = withFacts(running, { [ONE]: { k3s: null } })
    expect(found({ ...fresh, spec: buildSpec({ network: { pods: '10.60.0.0/16' }, k3s: { version: 'v1.35.1+k3s1' } }) })).toEqual([])
  })

  it('that is being deleted is not examined', () => {
    const requests = [{ id: 'req-x', kind: 'delete-cluster', params: {}, askedBy: 'x', askedAt: 0, state: 'open' } as const]
    expect(found({ ...running, requests, spec: buildSpec({ network: { pods: '10.60.0.0/16' } }) })).toEqual([])
  })
})
