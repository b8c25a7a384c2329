import { createHash, randomBytes } from 'node:crypto'
import type { Bridge, HostState, PluggedNic } from './lab-state.ts'
import { firstBridge, hostPart } from './network.ts'

/** A NIC of a host to be: without an address the lab counts on from 11, without a MAC it makes one that stays. */
export interface NicSpec {
  readonly bridge: string
  /** With or without a prefix (then 24). */
  readonly address?: string
  readonly mac?: string
}

/** A host to be. */
export interface HostSpec {
  readonly name: string
  /** Default: one NIC on the first bridge. The default route is on the first NIC. */
  readonly nics?: readonly NicSpec[]
  /** 32 hexadecimal digits; default: a random one, or the copied one with `copyOf`. */
  readonly machineId?: string
  /** False: the host has no way out of its networks, as in an air gap. */
  readonly defaultRoute?: false
  /** Puts this Node and an etcd into `/usr/lib/drover-lab`, for the stand-in. */
  readonly node?: boolean
  /** Adds what a real k3s needs in a lab host. */
  readonly k3sReal?: boolean
  /** Paths of the image that this host lacks, e.g. `/usr/bin/xz`. */
  readonly without?: readonly string[]
  /** A host of the lab, off or quiet, whose files it gets, its machine-id too. */
  readonly copyOf?: string
}

/** The lab into which a host is put. */
export interface Surroundings {
  readonly lab: string
  readonly bridges: readonly Bridge[]
  readonly others: readonly HostState[]
}

const firstNumber = 11

/** Settles what a host's spec leaves open; `index` counts the lab's hosts from 1 and is never used twice. */
export function hostStateOf(spec: HostSpec, index: number, { lab, bridges, others }: Surroundings): HostState {
  const copied = others.find((state) => state.name === spec.copyOf)?.machineId
  const nics = spec.nics ?? [{ bridge: firstBridge(bridges).name }]
  const plug = (nic: NicSpec, place: number): PluggedNic => ({
    bridge: nic.bridge,
    address: addressOf(nic, bridges, index),
    port: `h${index}n${place}`,
    name: `eth${place}`,
    mac: nic.mac ?? steadyMac(`${lab} ${index} ${place}`),
  })
  const machineId = spec.machineId ?? copied ?? randomBytes(16).toString('hex')
  return { name: spec.name, index, machineId, nics: nics.map(plug) }
}

function addressOf(nic: NicSpec, bridges: readonly Bridge[], index: number): string {
  const bridge = bridges.find((candidate) => candidate.name === nic.bridge)
  if (bridge === undefined) throw new Error(`the lab has no bridge "${nic.bridge}"`)
  if (nic.address === undefined) return hostPart(bridge.address, firstNumber - 1 + index)
  return nic.address.includes('/') ? nic.address : `${nic.address}/24`
}

// a locally administered address that is the same after every boot, as a card's is
function steadyMac(of: string): string {
  const bytes = createHash('sha256').update(of).digest().subarray(0, 5)
  return ['02', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}
