import { faultsOf, replaced, withLine } from '@drover/test/kit/builders/spec-faults.ts'
import { describe, expect, it } from 'vitest'
import { parseSpec } from './parse-spec.ts'

describe('hosts', () => {
  it.each([
    ['zero servers', replaced('count: 1', 'count: 0'), '4:12 servers.count: Too small: expected number to be >=1'],
    ['more servers than k3s takes', replaced('count: 1', 'count: 11'), '4:12 servers.count: Too big: expected number to be <=9'],
    ['the same host twice', replaced('{ count: 1, spread: site }', '{ names: [one, one] }'), '4:25 servers.names.1: the host is named twice'],
    ['the same agent twice', replaced('{ select: { role: worker } }', '{ names: [x, x] }'), '5:22 agents.names.1: the host is named twice'],
    ['names and select together', replaced('count: 1', 'names: [one], select: { a: b }'), '4:26 servers.select: servers are given by names or by select, not both'],
    ['SQLite for several', replaced('count: 1', 'count: 3'), '3:1 datastore: SQLite is a file of one server, and there are 3: leave datastore out, or set it to etcd'],
    ['a count that contradicts the names', replaced('count: 1', 'names: [one], count: 3'), '4:26 servers.count: 1 servers are named: leave the count out'],
    ['agents that nothing selects', replaced('{ select: { role: worker } }', '{}'), '5:1 agents: names or select must say which hosts are agents'],
    ['a host name that is none', replaced('count: 1', 'names: [One]'), '4:20 servers.names.0: must be lower-case letters, digits and inner dashes, at most 63'],
  ])('%s', (_what, text, fault) => expect(faultsOf(text)).toContain(fault))

  it('a host that is server and agent', () => {
    const text = replaced('{ count: 1, spread: site }', '{ names: [one] }').replace('{ select: { role: worker } }', '{ names: [two, one] }')
    expect(faultsOf(text)).toEqual(['5:24 agents.names.1: the host is named as server too; a server runs workloads as well'])
  })
})

describe('networks', () => {
  const network = (text: string): string => replaced('network: { node: 10.0.0.0/24 }', `network: ${text}`)
  it.each([
    ['pods over services', '{ services: 10.42.128.0/20 }', '6:12 network.services: overlaps network.pods 10.42.0.0/16'],
    ['pods over the nodes', '{ node: 10.42.3.0/24 }', '6:1 network.pods: overlaps network.node 10.42.3.0/24'],
    ['too small', '{ pods: 10.42.0.0/25 }', '6:12 network.pods: is too small: /24 or larger is needed'],
    ['services too small', '{ services: 10.43.0.0/30 }', '6:12 network.services: is too small: /28 or larger is needed'],
    ['services too large', '{ services: 10.0.0.0/8 }', '6:12 network.services: is too large: at most /12'],
    ['everything', '{ pods: 0.0.0.0/0 }', '6:12 network.pods: is not a network of hosts'],
    ['loopback', '{ pods: 127.0.0.0/8 }', '6:12 network.pods: is loopback'],
    ['link-local', '{ node: 169.254.0.0/16 }', '6:12 network.node: is link-local'],
    ['multicast', '{ pods: 224.0.0.0/8 }', '6:12 network.pods: is multicast or reserved'],
    ['IPv6 multicast', '{ pods: "ff00::/16", services: "fd00::/112" }', '6:12 network.pods: is multicast'],
    ['IPv4 mapped into IPv6', '{ node: "::ffff:10.0.0.0/120" }', '6:12 network.node: is IPv4 mapped into IPv6'],
    ['host bits', '{ node: 10.0.0.1/24 }', '6:12 network.node: has host bits set: give the first address of the network'],
    ['a prefix that is too long', '{ pods: 10.42.0.0/33 }', '6:12 network.pods: must be a CIDR such as 10.42.0.0/16'],
    ['neither CIDR nor interface', '{ node: 10.0.0.0/33 }', '6:12 network.node: must be a CIDR such as 10.0.0.0/24 or the name of an interface'],
    ['IPv6 nodes with IPv4 pods', '{ node: "fd00::/64" }', '6:12 network.node: is IPv6, network.pods is IPv4'],
  ])('%s', (_what, text, fault) => expect(faultsOf(network(text))).toContain(fault))

  it('takes a cluster of IPv6', () => {
    expect(faultsOf(network('{ node: "fd01::/64", pods: "fd02::/48", services: "fd03::/112" }').replace('10.0.0.11', 'fd01::11'))).toEqual([])
  })

  it.each([
    ['10.44.0.10', ['8:12 options.cluster-dns: must be an address in network.services 10.43.0.0/16']],
    ['dns', ['8:12 options.cluster-dns: must be an address', '8:12 options.cluster-dns: must be an address in network.services 10.43.0.0/16']],
    ['10.43.0.10', []],
    ['[10.43.0.10, 10.43.0.11]', []],
    ['[10.43.0.10, 10.44.0.10]', ['8:12 options.cluster-dns: must be an address in network.services 10.43.0.0/16']],
  ])('cluster-dns %s lies in the services or not', (dns, faults) => {
    expect(faultsOf(replaced('disable: [traefik]', `cluster-dns: ${dns}`))).toEqual(faults)
  })
})

describe('versions', () => {
  const tag = 'must be a whole release tag such as v1.36.2+k3s1'
  it.each([
    ['latest', tag],
    ['v1.30.0', tag],
    ['stable', tag],
    ['v1.32.0+k3s1', 'opens the read-only kubelet port 10255 to everybody (CVE-2025-46599); use v1.32.4+k3s1 or later'],
    ['v1.32.3+k3s1', 'opens the read-only kubelet port 10255 to everybody (CVE-2025-46599); use v1.32.4+k3s1 or later'],
    ['v1.29.1+k3s2', 'is older than v1.32.4+k3s1, the oldest that Drover installs'],
  ])('%s is refused', (version, reason) => {
    expect(faultsOf(replaced('v1.36.2+k3s1', version))).toContain(`2:8 k3s.version: ${reason}`)
  })

  it('missing', () => expect(faultsOf(replaced('version: v1.36.2+k3s1, ', ''))).toEqual(['2:1 k3s.version: expected string, nothing is there']))
  it('v1.32.4 is taken', () => expect(faultsOf(replaced('v1.36.2+k3s1', 'v1.32.4+k3s1'))).toEqual([]))
})

describe('options', () => {
  const options = (text: string): string => replaced('options: { disable: [traefik] }', text)
  it.each([
    ['not known', 'options: { disabel: [traefik] }', '8:12 options.disabel: k3s v1.36.2+k3s1 has no such option'],
    ['owned', 'options: { node-ip: 10.0.0.9 }', '8:12 options.node-ip: Drover sets this itself: use network.node'],
    ['owned with a field of its own', 'options: { tls-san: [a.example.org] }', '8:12 options.tls-san: Drover sets this itself: use tlsSans'],
    ['owned by a prefix', 'options: { etcd-s3-bucket: x }', '8:12 options.etcd-s3-bucket: Drover sets this itself: use snapshots'],
    ['a circular server', 'agentOptions: { server: "https://10.0.0.12:6443" }', '8:17 agentOptions.server: Drover sets this itself: agents and further servers join the first server'],
    ['a word for a switch', 'options: { secrets-encryption: yes }', '8:12 options.secrets-encryption: must be true or false: yes, no, on and off are words in YAML 1.2'],
    ['a number for a switch', 'options: { debug: 1 }', '8:12 options.debug: must be true or false'],
    ['a word for a number', 'options: { v: high }', '8:12 options.v: must be a whole number'],
    ['a switch for a list', 'options: { disable: true }', '8:12 options.disable: must be a list of words'],
    ['a list for a word', 'options: { flannel-backend: [vxlan] }', '8:12 options.flannel-backend: must be one word'],
    ['no such choice', 'options: { flannel-backend: ipsec }', '8:12 options.flannel-backend: must be one of none, vxlan, host-gw, wireguard-native'],
    ['a kubeconfig for everybody', 'options: { write-kubeconfig-mode: "0666" }', '8:12 options.write-kubeconfig-mode: must be one of 600, 0600'],
    [
      'a program that the kubelet would run',
      'options: { image-credential-provider-bin-dir: /tmp/x }',
      '8:12 options.image-credential-provider-bin-dir: is not let through: it names a program or socket that the kubelet would trust',
    ],
    ['a path that leads elsewhere', 'options: { private-registry: /etc/rancher/k3s/../../shadow }', '8:12 options.private-registry: must be a YAML file in /etc/rancher/k3s'],
    ['storage on a system folder', 'options: { default-local-storage-path: /etc }', '8:12 options.default-local-storage-path: must be a folder below /var/lib, /srv, /mnt, /opt or /data'],
    ['an address that is none', 'options: { node-external-ip: [nowhere] }', '8:31 options.node-external-ip.0: must be an address'],
    ['a leading dash', 'options: { disable: ["-x"] }', '8:22 options.disable.0: must not start with a dash or hold control characters'],
    ['a line break', 'options: { cluster-domain: "a\\nwrite-kubeconfig-mode: 0666" }', '8:12 options.cluster-domain: must not start with a dash or hold control characters'],
    ["a server's option for agents", 'agentOptions: { disable: [traefik] }', '8:17 agentOptions.disable: is an option of servers: put it under options or serverOptions'],
    ["an agent's option for servers", 'serverOptions: { disable-apiserver-lb: true }', '8:18 serverOptions.disable-apiserver-lb: is an option of agents: put it under agentOptions'],
  ])('%s', (_what, text, fault) => expect(faultsOf(options(text))).toContain(fault))

  it.each([
    'anonymous-auth=true',
    'authorization-mode=AlwaysAllow',
    'feature-gates=AllAlpha=true',
    'insecure-port=8080',
    'token-auth-file=/etc/passwd',
    'audit-log-path=/etc/shadow',
    'audit-log-path=/var/lib/rancher/k3s/server/../../../../etc/shadow',
    'profiling=true',
    'constructor=1',
  ])('kube-apiserver-arg %s is not let through', (word) => {
    expect(faultsOf(options(`options: { kube-apiserver-arg: ["${word}"] }`))[0]).toMatch(/^8:33 options\.kube-apiserver-arg\.0: .*not let through/)
  })

  it.each([
    ['v1.36.2+k3s1', 'ImageVolume=false', 'ImageVolume cannot be turned off since Kubernetes v1.36: k3s would not start'],
    ['v1.36.2+k3s1', 'GracefulNodeShutdown=false,NodeSwap=false', 'NodeSwap cannot be turned off since Kubernetes v1.34: k3s would not start'],
    ['v1.36.2+k3s1', 'ImageVolume=true,GracefulNodeShutdown=false', null],
    ['v1.35.5+k3s1', 'ImageVolume=false', null],
    ['v1.35.5+k3s1', 'InPlacePodVerticalScaling=false', 'InPlacePodVerticalScaling cannot be turned off since Kubernetes v1.35: k3s would not start'],
  ])('k3s %s takes the gates %s or says why not', (version, gates, reason) => {
    const text = options(`options: { kubelet-arg: ["feature-gates=${gates}"] }`).replace('v1.36.2+k3s1', version)
    expect(faultsOf(text)).toEqual(reason === null ? [] : [`8:26 options.kubelet-arg.0: ${reason}`])
  })

  it.each(['enable-admission-plugins=NodeRestriction,EventRateLimit', 'audit-log-maxage=30', 'audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log'])(
    'kube-apiserver-arg %s is let through',
    (word) => expect(faultsOf(options(`options: { kube-apiserver-arg: ["${word}"] }`))).toEqual([]),
  )

  it('one word may stand for a list', () => {
    expect(faultsOf(options('options: { disable: traefik, kubelet-arg: max-pods=64 }'))).toEqual([])
    expect(faultsOf(options('options: { disable: traefic }'))).toEqual(['8:12 options.disable: must be one of coredns, servicelb, traefik, local-storage, metrics-server, runtimes'])
  })

  it('names the nearest key', () => {
    expect(parseSpec(options('options: { flanel-backend: vxlan }')).faults[0]?.nearest).toBe('flannel-backend')
    expect(parseSpec(options('optoins: {}')).faults[0]?.nearest).toBe('options')
    expect(parseSpec(replaced('count: 1', 'cuont: 1')).faults[0]?.nearest).toBe('count')
    expect(parseSpec(options('options: { zzzzzzz: 1 }')).faults[0]?.nearest).toBeNull()
    const taints = parseSpec(replaced('count: 1', 'taints: [{ key: a, efect: NoExecute }]')).faults
    expect(taints.map(({ path, nearest }) => [path, nearest])).toContainEqual(['servers.taints.0.efect', 'effect'])
  })

  it('no value at all is none of the kinds that k3s takes', () => {
    expect(faultsOf(options('options: { v: null }'))).toEqual(['8:12 options.v: must be true or false, a whole number, a word or a list of words'])
    expect(faultsOf(options('options: { disable: [[traefik]] }'))).toEqual(['8:22 options.disable.0: expected string, received array'])
  })
})

describe('labels and taints', () => {
  const servers = (text: string): string => replaced('servers: { count: 1, spread: site }', `servers: { ${text} }`)
  it.each([
    ['64 characters', `labels: { a: ${'x'.repeat(64)} }`, 'servers.labels.a: must be a label value of at most 63 characters'],
    ['a reserved prefix', 'labels: { node-role.kubernetes.io/master: "" }', 'has a reserved prefix: k3s would refuse to start; use a prefix of your own, or kubectl afterwards'],
    ['a key that is none', 'labels: { "a b": c }', 'must be a label key'],
    ['a control character', 'labels: { a: "b\\u0007" }', 'must be a label value of at most 63 characters'],
    ['a reserved taint', 'taints: [{ key: node.kubernetes.io/not-ready, effect: NoExecute }]', 'has a reserved prefix'],
    ['the same taint twice', 'taints: [{ key: a, effect: NoExecute }, { key: a, effect: NoExecute, value: b }]', 'servers.taints.1: the taint stands here twice'],
    ['an effect that is none', 'taints: [{ key: a, effect: Never }]', 'servers.taints.0.effect'],
  ])('%s', (_what, text, part) => expect(faultsOf(servers(text)).join('\n')).toContain(part))

  it('an empty value is a value', () => expect(faultsOf(servers('labels: { a: "" }'))).toEqual([]))
})

describe('names', () => {
  it.each(['..', '-x', 'ünï', 'x'.repeat(300), 'local', 'Prod'])('the cluster is not called %s', (name) => {
    expect(faultsOf(replaced('prod', `"${name}"`))[0]).toMatch(/^1:1 cluster: /)
  })

  it.each([
    ['localhost', 'means another machine on each machine'],
    ['127.0.0.1', 'other machines cannot reach this address'],
    ['169.254.169.254', 'other machines cannot reach this address'],
    ['0.0.0.0', 'other machines cannot reach this address'],
    ['"::1"', 'must be a host name or an address, without scheme and port'],
    ['"fe80::1"', 'other machines cannot reach this address'],
    ['10.0.0.11:6443', 'give it without a port: the API is served on 6443'],
    ['10.0.0.300', 'is not an address'],
    ['a..b', 'must be a host name or an address'],
    ['"https://10.0.0.11"', 'must be a host name or an address, without scheme and port'],
    ['"user@10.0.0.11"', 'must be a host name or an address, without scheme and port'],
    ['"file:/etc/passwd"', 'must be a host name or an address, without scheme and port'],
  ])('the API endpoint is not %s', (endpoint, reason) => {
    expect(faultsOf(replaced('apiEndpoint: 10.0.0.11', `apiEndpoint: ${endpoint}`))).toEqual([`7:1 apiEndpoint: ${reason}`])
  })

  it('a name of the certificate is checked too', () => {
    expect(faultsOf(withLine('tlsSans: [ok.example.org, localhost]'))).toEqual(['9:27 tlsSans.1: means another machine on each machine'])
  })
})
