import { waitForCredentials } from '../agent/credentials.ts'
import { part } from '../api/kube-object.ts'
import type { Options } from '../config/options.ts'
import { readText } from '../files.ts'
import { checkFlannelInterface } from '../kubelet/addresses.ts'
import { importImages } from '../kubelet/images.ts'
import { startKubelet } from '../kubelet/kubelet.ts'
import { openNodePorts, openSilent } from '../kubelet/ports.ts'
import { hasStaticPod, prepareNode, startPod } from '../kubelet/side-effects.ts'
import { pause } from '../world.ts'
import { place, type ServerState } from './state.ts'
import { PACKAGED_ADD_ONS } from './supervisor.ts'

/** Gets the credentials of the server's own node from its own supervisor. */
export async function joinOwnCluster(state: ServerState): Promise<void> {
  const { world } = state
  const access = { url: 'https://127.0.0.1:6443', ca: state.pki.server.certificate, basic: `node:${state.secrets.agent}` }
  world.log('info', `Password verified locally for node ${world.node}`)
  await waitForCredentials({ world, access, ip: state.nodeIp }, world.settings.configRetryMs)
  checkFlannelInterface(state.options)
  importImages(world)
}

const podsOf = (options: Options): boolean => PACKAGED_ADD_ONS.some((name) => !options.all('disable').includes(name))

/** Registers the server's own Node, and gives it its roles a moment after it is Ready. */
export async function runOwnNode(state: ServerState): Promise<void> {
  const { world, options } = state
  const read = (name: string): string => readText(`${world.paths.agent}/${name}`) ?? ''
  const certificate = { cert: read('client-kubelet.crt'), key: read('client-kubelet.key') }
  const access = { url: 'https://127.0.0.1:6443', ca: state.pki.server.certificate, certificate }
  await startKubelet({ world, options, ip: state.nodeIp, isMember: state.etcd !== undefined }, access)
  prepareNode(world, '10.42.0.0/24')
  if (podsOf(options) || hasStaticPod(world)) startPod(world)
  await openNodePorts()
  await pause(world, world.settings.kubeletMs + world.settings.settleMs)
  await takeRole(state)
  await pause(world, world.settings.settleMs)
  await openSilent(10258, 10259)
}

async function takeRole(state: ServerState): Promise<void> {
  const { etcd } = state
  const roles = { 'node-role.kubernetes.io/control-plane': 'true', ...(etcd === undefined ? {} : { 'node-role.kubernetes.io/etcd': 'true' }) }
  const notes = etcd === undefined ? {} : { 'etcd.k3s.cattle.io/node-address': state.nodeIp, 'etcd.k3s.cattle.io/node-name': etcd.self.name }
  await state.objects.change(place('nodes', state.world.node), (node) => {
    if (node === undefined) return undefined
    const labels = { ...part(node, 'metadata', 'labels'), ...roles }
    const annotations = { ...part(node, 'metadata', 'annotations'), ...notes }
    return { ...node, metadata: { ...node.metadata, labels, annotations } }
  })
  state.world.log('info', `Labels and annotations have been set successfully on node: ${state.world.node}`)
}
