import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { linkTo, readLink, readText, writeWhole } from '../files.ts'
import type { World } from '../world.ts'

const quiet = (command: string, ...given: readonly string[]): boolean => spawnSync(command, given, { stdio: 'ignore' }).status === 0

/** The folder below `data` that the release unpacks itself into. */
export const unpackedName = (version: string): string => createHash('sha256').update(version).digest('hex')

/** Unpacks: `data/<hash>/bin`, `data/current`, `data/previous` after an upgrade. Returns false where it was there already. */
export function unpack(world: World): boolean {
  const data = `${world.paths.data}/data`
  const name = unpackedName(world.version)
  if (existsSync(`${data}/${name}/bin/containerd-shim-runc-v2`)) return false
  world.log('info', `Acquiring lock file ${data}/.lock`)
  world.log('info', `Preparing data dir ${data}/${name}`)
  mkdirSync(`${data}/${name}/bin`, { recursive: true })
  writeWhole(`${data}/.lock`, '')
  mkdirSync(`${data}/cni`, { recursive: true })
  const before = readLink(`${data}/current`)
  if (before !== undefined) linkTo(`${data}/previous`, before)
  linkTo(`${data}/current`, `${data}/${name}`)
  copyFileSync('/bin/sleep', `${data}/${name}/bin/containerd-shim-runc-v2`)
  return true
}

function shimRuns(world: World): boolean {
  const wanted = `${world.paths.data}/data/`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => (readText(`/proc/${pid}/cmdline`) ?? '').startsWith(wanted))
}

/** A process in the place of a container's shim: it outlives the unit, because the unit kills only its main process. */
function startShim(world: World): void {
  if (shimRuns(world)) return
  const shim = `${world.paths.data}/data/${unpackedName(world.version)}/bin/containerd-shim-runc-v2`
  spawn(shim, ['infinity'], { detached: true, stdio: 'ignore' }).unref()
}

function mountOnce(kind: string, target: string): void {
  mkdirSync(target, { recursive: true })
  const mounts = readText('/proc/self/mounts') ?? ''
  if (!mounts.includes(` ${target} `)) quiet('mount', '-t', 'tmpfs', kind, target)
}

function addLink(name: string, kinds: readonly (readonly string[])[]): void {
  if (quiet('ip', 'link', 'show', name)) return
  if (kinds.some((kind) => quiet('ip', 'link', 'add', name, 'type', ...kind))) quiet('ip', 'link', 'set', name, 'up')
}

const CHAINS = [
  ['mangle', 'KUBE-KUBELET-CANARY'],
  ['nat', 'KUBE-SERVICES'],
  ['nat', 'FLANNEL-POSTRTG'],
  ['filter', 'KUBE-FIREWALL'],
  ['filter', 'FLANNEL-FWD'],
] as const

/** Folders, the VXLAN link, netfilter chains (where the host has iptables): what a node without any pod leaves behind. */
export function prepareNode(world: World, podCidr: string): void {
  mkdirSync(`${world.paths.run}/containerd`, { recursive: true, mode: 0o711 })
  mkdirSync(`${world.paths.kubelet}/pods`, { recursive: true, mode: 0o750 })
  for (const folder of [world.paths.flannel, `${world.paths.logs}/pods`, `${world.paths.logs}/containers`]) mkdirSync(folder, { recursive: true })
  writeWhole(`${world.paths.flannel}/subnet.env`, `FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=${podCidr.replace('.0/', '.1/')}\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n`, 0o644)
  if (!world.settings.sideEffects) return
  addLink('flannel.1', [['vxlan', 'id', '1', 'dstport', '8472', 'nolearning'], ['dummy'], ['bridge']])
  for (const [table, chain] of CHAINS) quiet('iptables', '-w', '-t', table, '-N', chain)
}

/** Whether the kubelet has a pod of its own to run: a file in `agent/pod-manifests`. */
export function hasStaticPod(world: World): boolean {
  const folder = `${world.paths.agent}/pod-manifests`
  return existsSync(folder) && readdirSync(folder).length > 0
}

/** What the first pod brings: a shim process, its mounts, the bridge and an address reservation. */
export function startPod(world: World): void {
  if (!world.settings.sideEffects) return
  startShim(world)
  mountOnce('shm', `${world.paths.run}/containerd/io.containerd.grpc.v1.cri/sandboxes/1f0e/shm`)
  mountOnce('tmpfs', `${world.paths.kubelet}/pods/5d8a/volumes/kubernetes.io~projected/kube-api-access`)
  writeWhole(`${world.paths.cni}/networks/cbr0/10.42.0.2`, '1f0e\neth0')
  addLink('cni0', [['bridge']])
}
