import type { Fact, Measured, NodeSeen, Time } from '@drover/protocol'
import type { StoredInventory } from '../store/hosts.ts'

/** The compact digest that rules read, as old as its oldest section; null until every section has been seen. */
export const measuredOf = (inventory: StoredInventory, clockOffsetMs: number): Fact<Measured> | null => {
  const { hardware, network, state } = inventory.sections
  if (hardware === undefined || network === undefined || state === undefined) return null
  const seen: Time[] = Object.values(inventory.seenAt)
  const value: Measured = {
    cpus: hardware.cpu.cores,
    memoryMb: hardware.memoryMb,
    fsyncP99Us: state.data.fsyncP99Us,
    diskFreeMb: state.data.freeMb,
    addresses: network.nics.flatMap((nic) => nic.addresses),
    defaultInterface: network.defaultRoute?.iface ?? null,
    ...(network.defaultRoute === null ? {} : { defaultEvidence: network.defaultRoute.evidence }),
    cgroup: state.cgroup,
    clockOffsetMs,
    usedPorts: state.usedPorts,
    foreignK3s: state.foreignK3s,
    kernel: state.kernel,
    ...(inventory.rttUs === undefined ? {} : { rttUs: inventory.rttUs }),
  }
  return { value, seenAt: Math.min(...seen) }
}

/** A Node's state in the words of the view. */
export const nodeState = (node: NodeSeen | undefined): 'absent' | 'notReady' | 'ready' | 'cordoned' => {
  if (node === undefined) return 'absent'
  if (node.cordoned) return 'cordoned'
  return node.ready ? 'ready' : 'notReady'
}
