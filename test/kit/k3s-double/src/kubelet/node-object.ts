import { createHash } from 'node:crypto'
import { cpus, release, totalmem } from 'node:os'
import { isJson, type Json, type KubeObject, part, partList } from '../api/kube-object.ts'
import type { Options } from '../config/options.ts'
import { readText } from '../files.ts'
import type { World } from '../world.ts'

/** What a kubelet says of itself. */
export type NodeSelf = {
  readonly world: World
  readonly options: Options
  readonly ip: string
  /** Whether the node is a server with a member of etcd. */
  readonly isMember?: boolean
}

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'

/** `key=value` pairs as a record. */
export const parseLabels = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(pairs.filter((pair) => pair !== '').map((pair) => [pair.split('=')[0] ?? '', pair.split('=').slice(1).join('=')]))

/** `key=value:Effect` or `key:Effect` as taints. */
export const parseTaints = (given: readonly string[]): Json[] =>
  given.map((text) => {
    const [left = '', effect = ''] = text.split(':')
    const [key = '', value] = left.split('=')
    return { key, effect, ...(value === undefined || value === '' ? {} : { value }) }
  })

const condition = (type: string, status: string, words: readonly [reason: string, message: string]): Json => ({
  type,
  status,
  reason: words[0],
  message: words[1],
})

const VOTER = condition('EtcdIsVoter', 'True', ['MemberNotLearner', 'Node is a voting member of the etcd cluster'])

/** The kubelet's four conditions. */
export function conditions(ready: boolean): Json[] {
  return [
    condition('MemoryPressure', 'False', ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available']),
    condition('DiskPressure', 'False', ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure']),
    condition('PIDPressure', 'False', ['KubeletHasSufficientPID', 'kubelet has sufficient PID available']),
    ready
      ? condition('Ready', 'True', ['KubeletReady', 'kubelet is posting ready status'])
      : condition('Ready', 'False', ['KubeletNotReady', 'container runtime network not ready: NetworkReady=false']),
  ]
}

function nodeInfo(world: World): Json {
  const machine = (readText('/etc/machine-id') ?? '').trim()
  return {
    architecture: arch,
    bootID: (readText('/proc/sys/kernel/random/boot_id') ?? '').trim(),
    containerRuntimeVersion: 'containerd://2.3.2-k3s2',
    kernelVersion: release(),
    kubeProxyVersion: '',
    kubeletVersion: world.version,
    machineID: machine,
    operatingSystem: 'linux',
    osImage: /^PRETTY_NAME="(.*)"$/m.exec(readText('/etc/os-release') ?? '')?.[1] ?? 'Linux',
    systemUUID: machine,
  }
}

function resources(): Json {
  return {
    cpu: String(cpus().length),
    'ephemeral-storage': '264212084Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '110',
  }
}

function annotations(self: NodeSelf): Json {
  const shown = JSON.stringify(self.options.shown)
  return {
    'alpha.kubernetes.io/provided-node-ip': self.ip,
    'k3s.io/hostname': self.world.node,
    'k3s.io/internal-ip': self.ip,
    'k3s.io/node-args': shown,
    'k3s.io/node-config-hash': `${createHash('sha256').update(shown).digest('hex').toUpperCase().slice(0, 52)}====`,
    'k3s.io/node-env': '{}',
    'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
  }
}

/** The labels every node gets, and those of `node-label`. */
export const labels = (self: NodeSelf): Json => ({
  'beta.kubernetes.io/arch': arch,
  'beta.kubernetes.io/instance-type': 'k3s',
  'beta.kubernetes.io/os': 'linux',
  'kubernetes.io/arch': arch,
  'kubernetes.io/hostname': self.world.node,
  'kubernetes.io/os': 'linux',
  'node.kubernetes.io/instance-type': 'k3s',
  ...parseLabels(self.options.all('node-label')),
})

const status = (self: NodeSelf, ready: boolean): Json => ({
  addresses: [
    { address: self.ip, type: 'InternalIP' },
    ...self.options.all('node-external-ip').map((address) => ({ address, type: 'ExternalIP' })),
    { address: self.world.node, type: 'Hostname' },
  ],
  allocatable: resources(),
  capacity: resources(),
  conditions: [...(self.isMember === true ? [VOTER] : []), ...conditions(ready)].map((one) => ({ ...one, lastHeartbeatTime: now(), lastTransitionTime: now() })),
  daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  images: [],
  nodeInfo: nodeInfo(self.world),
})

/** The Node of a first registration: configured labels and taints, and two taints that stay until a moment after it is Ready. */
export function newNode(self: NodeSelf): KubeObject {
  const passing = [
    { effect: 'NoSchedule', key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true' },
    { effect: 'NoSchedule', key: 'node.kubernetes.io/not-ready' },
  ]
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: self.world.node, annotations: annotations(self), labels: labels(self), finalizers: ['wrangler.cattle.io/node'] },
    spec: { providerID: `k3s://${self.world.node}`, taints: [...parseTaints(self.options.all('node-taint')), ...passing] },
    status: status(self, false),
  }
}

/** What a restarted kubelet changes of its Node: labels and annotations are merged, taints are left, status is told anew. */
export const nodeUpdate = (self: NodeSelf): Json => ({ metadata: { annotations: annotations(self), labels: labels(self) } })

/** The status a kubelet posts. */
export const nodeStatus = (self: NodeSelf, ready: boolean): Json => ({ status: status(self, ready) })

/** Whether a Node's Ready condition is True. */
export const isReady = (node: KubeObject): boolean =>
  partList(node, 'status', 'conditions').some((one) => isJson(one) && one['type'] === 'Ready' && one['status'] === 'True')

/** The Node's name. */
export const nameOf = (node: KubeObject): string => String(part(node, 'metadata')['name'])
