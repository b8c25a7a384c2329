import { parseObject } from '../api/kube-object.ts'
import { type Access, type Answered, send } from '../agent/client.ts'
import { Ended } from '../log.ts'
import { pause } from '../world.ts'
import { kernelFaults, refusedLabels } from './kernel.ts'
import { newNode, type NodeSelf, nodeStatus, nodeUpdate } from './node-object.ts'

const patch = (access: Access, path: string, value: unknown): Promise<Answered> =>
  send(access, { method: 'PATCH', path, body: JSON.stringify(value), headers: { 'content-type': 'application/merge-patch+json' } })

const pathOf = (self: NodeSelf): string => `/api/v1/nodes/${self.world.node}`

/** Registers the Node, or merges labels and annotations into the one that is there. */
async function register(self: NodeSelf, access: Access): Promise<void> {
  const found = await send(access, { path: pathOf(self) })
  if (found.status === 404) {
    const answer = await send(access, { method: 'POST', path: '/api/v1/nodes', body: JSON.stringify(newNode(self)) })
    if (answer.status !== 201) throw new Error(`Unable to register node with API server: ${answer.body}`)
    self.world.note({ event: 'registered', node: self.world.node })
    self.world.log('info', 'Successfully registered node', { logger: 'k3s', node: self.world.node })
    return
  }
  if (found.status !== 200 || parseObject(found.body) === undefined) throw new Error(`Unable to read the node: ${found.body}`)
  await patch(access, pathOf(self), nodeUpdate(self))
}

async function renewLease(self: NodeSelf, access: Access): Promise<void> {
  const folder = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: self.world.node, namespace: 'kube-node-lease' },
    spec: { holderIdentity: self.world.node, leaseDurationSeconds: 40, renewTime: new Date().toISOString() },
  }
  const answer = await patch(access, `${folder}/${self.world.node}`, { spec: lease.spec })
  if (answer.status === 404) await send(access, { method: 'POST', path: folder, body: JSON.stringify(lease) })
}

async function beat(self: NodeSelf, access: Access): Promise<void> {
  const found = await send(access, { path: pathOf(self) })
  if (found.status === 200) await renewLease(self, access)
  // a kubelet registers once in its life: a Node that was deleted comes back with the next start
  if (found.status === 404) throw new Error(`error getting node "${self.world.node}": nodes "${self.world.node}" not found`)
  if (/"status":"Unknown"/.test(found.body)) await patch(access, `${pathOf(self)}/status`, nodeStatus(self, true))
}

async function keepBeating(self: NodeSelf, access: Access): Promise<void> {
  await pause(self.world, self.world.settings.kubeletMs)
  await untilDone(self, () => patch(access, `${pathOf(self)}/status`, nodeStatus(self, true)))
  while (!self.world.stopping.aborted) {
    await beat(self, access).catch((error: unknown) => self.world.log('error', 'Error updating node status, will retry', { error: error instanceof Error ? error.message : String(error), logger: 'k3s' }))
    await pause(self.world, self.world.settings.heartbeatMs)
  }
}

async function untilDone(self: NodeSelf, work: () => Promise<unknown>): Promise<void> {
  while (!self.world.stopping.aborted) {
    try {
      await work()
      return
    } catch (error) {
      self.world.log('error', 'Unable to register node with API server', { error: String(error), logger: 'k3s', node: self.world.node })
      await pause(self.world, self.world.settings.retryMs)
    }
  }
}

/** A label that kubelet may not set ends the whole process with exit code 0. */
function checkLabels({ world, options }: NodeSelf): void {
  const refused = refusedLabels(options.all('node-label'))
  if (refused.length === 0) return
  const text = `failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${refused.join(', ')}]`
  world.log('error', `Shutdown request received: "kubelet exited: ${text}"`)
  throw new Ended(0)
}

/** Another kernel value ends the process with exit code 1 and without a fatal line. */
function checkKernel({ world, options }: NodeSelf): void {
  const faults = kernelFaults(options)
  if (faults.length === 0) return
  world.log('error', 'Failed to start ContainerManager', { error: faults.length === 1 ? faults.join('') : `[${faults.join(', ')}]`, logger: 'k3s' })
  throw new Ended(1)
}

/**
 * Starts the kubelet: refuses on wrong kernel values, registers the Node (resolves then), and goes on to Ready and heartbeats.
 * @throws Ended when a label is refused or `protect-kernel-defaults` finds other values
 */
export async function startKubelet(self: NodeSelf, access: Access): Promise<void> {
  self.world.log('info', 'Running kubelet --cloud-provider=external --hostname-override=' + self.world.node)
  self.world.log('info', 'Kubelet version', { kubeletVersion: self.world.version, logger: 'k3s' })
  checkLabels(self)
  checkKernel(self)
  await untilDone(self, () => register(self, access))
  self.world.log('info', `Annotations and labels have been set successfully on node: ${self.world.node}`)
  self.world.log('info', 'Starting flannel with backend vxlan')
  void keepBeating(self, access)
}
