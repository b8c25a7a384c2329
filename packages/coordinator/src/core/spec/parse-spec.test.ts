import { faultsOf, GOOD, replaced, withLine } from '@drover/test/kit/builders/spec-faults.ts'
import { describe, expect, it } from 'vitest'
import { parseSpec } from './parse-spec.ts'

describe('a spec that is right', () => {
  it('is read with its defaults', () => {
    const { spec, faults } = parseSpec(GOOD)
    expect(faults).toEqual([])
    expect(spec?.network).toEqual({ node: '10.0.0.0/24', pods: '10.42.0.0/16', services: '10.43.0.0/16' })
    expect(spec?.k3s.origin).toBe('release')
  })

  it('can say labels, taints, more names for the certificate and air-gap images', () => {
    const { faults } = parseSpec(`cluster: prod
k3s:
  version: v1.36.2+k3s1
  origin: file
  sha256: { amd64: ${'a'.repeat(64)} }
  images: { amd64: [{ name: k3s-airgap-images-amd64.tar.zst, sha256: ${'b'.repeat(64)} }] }
servers:
  names: [one]
  labels: { node-role: master, topology.kubernetes.io/zone: a }
  taints: [{ key: node-role.kubernetes.io/control-plane, effect: NoSchedule }]
agents:
  names: [two]
  labels: { example.org/tier: web }
network: { node: eth1 }
tlsSans: [203.0.113.7, k3s.example.org, "*.k3s.example.org", "2001:db8::7"]
`)
    expect(faults).toEqual([])
  })

  it('can say the seven flags of a hardened server with its ingress elsewhere', () => {
    const { spec, faults } = parseSpec(`cluster: prod
k3s: { version: v1.36.2+k3s1 }
servers: { names: [vps1] }
tlsSans: [203.0.113.7]
options:
  disable: [traefik, servicelb]
  flannel-backend: vxlan
  secrets-encryption: true
  protect-kernel-defaults: true
  write-kubeconfig-mode: "600"
`)
    expect(faults).toEqual([])
    expect(spec?.tlsSans).toEqual(['203.0.113.7'])
  })
})

describe('words that YAML reads as something else', () => {
  const binary = (hash: string): string => replaced('origin: release', `origin: release, sha256: { amd64: ${hash} }`)
  const reason = '2:58 k3s.sha256.amd64: must be a word, YAML reads this one as something else: put it in quotes'
  it.each(['1234567890'.repeat(6) + '1234', `1e${'3'.repeat(62)}`])('the hash %s', (hash) => {
    const { faults } = parseSpec(binary(hash))
    expect(faults.map(({ line, column, path, reason: why }) => `${line}:${column} ${path}: ${why}`)).toEqual([reason])
    expect(faults[0]?.value).toBe(hash)
    expect(faultsOf(binary(`"${hash.replace('1e', '11')}"`))).toEqual([])
  })

  it('a label', () => expect(faultsOf(replaced('role: worker', 'role: true'))[0]).toMatch(/^5:\d+ agents\.select\.role: must be a word, .*put it in quotes$/))
})

describe('YAML', () => {
  it.each([
    ['aliases and anchors', 'a: &a [1]\nb: *a\n', ['1:7 : anchors are not allowed: write the value out', '2:4 : aliases are not allowed: write the value out']],
    ['merge keys', '<<: { a: 1 }\n', ['1:1 : merge keys are not allowed: write the fields out']],
    ['tags that run code', 'a: !!js/function "x"\n', ['1:4 : tags are not allowed']],
    ['tags of the core schema', 'a: !!str 1\n', ['1:10 : tags are not allowed']],
    ['duplicate keys', 'cluster: a\ncluster: b\n', ['2:1 : the key stands here twice']],
    ['tabs', 'a:\n\t- b\n', ['2:1 : indented by a tab: YAML takes spaces only']],
    ['several documents', 'a: 1\n---\nb: 2\n', ['2:1 : a second document starts here: one spec, one document']],
    ['octal-looking numbers', 'a: 0777\n', ['1:4 : a number with a leading zero is read in two ways: put it in quotes']],
    ['keys that are no words', '? [a]\n: 1\n', ['1:1 : a key must be a plain word']],
    ['5 MiB', 'a: b\n'.repeat(1_048_576), ['null:null : the spec is longer than 262144 characters']],
  ])('%s are refused', (_what, text, faults) => expect(faultsOf(text)).toEqual(faults))

  it.each([['an empty text', ''], ['a list', '- a\n'], ['a word', 'prod\n']])('%s is no spec', (_what, text) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining('1:1 : expected object')])
  })

  it('is not exhausted by depth', () => {
    expect(faultsOf('['.repeat(100_000))).toContainEqual(expect.stringContaining('nested too deeply'))
  })

  it('1_000 is a word, not a number', () => expect(faultsOf(replaced('count: 1', 'count: 1_000'))).toEqual(['4:12 servers.count: expected number, received string']))

  it('a key that would reach a prototype is refused like any other', () => {
    expect(faultsOf(withLine('__proto__: { x: 1 }'))).toEqual([expect.stringMatching(/^9:1 __proto__: is not known here/)])
    expect(faultsOf(replaced('disable: [traefik]', '__proto__: x, constructor: y'))).not.toEqual([])
  })
})

describe('secrets', () => {
  it.each([
    'token: abc',
    'options: { agent-token: x }',
    'k3s-password: hunter2',
    `tlsSans: ["K10${'a'.repeat(64)}::server:xyz"]`,
    'tlsSans: ["abcdef.0123456789abcdef"]',
  ])('%s is refused, and the value is not shown', (line) => {
    const { faults } = parseSpec(line.startsWith('options') ? replaced('options: { disable: [traefik] }', line) : withLine(line))
    expect(faults).toHaveLength(1)
    expect(faults[0]?.reason).toMatch(/^a secret does not belong into a spec/)
    expect(faults[0]?.value).toBeNull()
  })

  it('an option that only sounds like one is not', () => {
    expect(faultsOf(replaced('disable: [traefik]', 'secrets-encryption: true'))).toEqual([])
  })
})

describe('faults', () => {
  it('show what stands there, shortened', () => {
    expect(parseSpec(replaced('prod', `"${'x'.repeat(300)}"`)).faults[0]?.value).toBe(`${'x'.repeat(100)}…`)
    expect(parseSpec(replaced('count: 1', 'count: [1]')).faults[0]?.value).toBe('[1]')
  })

  it('come all at once', () => {
    expect(faultsOf(replaced('prod', 'X').replace('v1.36.2+k3s1', 'latest').replace('sqlite', 'postgres'))).toEqual([
      '1:1 cluster: must be lower-case letters, digits and inner dashes, at most 63',
      '2:8 k3s.version: must be a whole release tag such as v1.36.2+k3s1',
      '3:1 datastore: must be sqlite or etcd',
    ])
  })
})
